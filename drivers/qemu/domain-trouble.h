/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is wrong with a domain and somebody has to know: kept until it is over, for who asks later.
 */
#pragma once

#include "drivers/qemu/domain.h"

/* @text (transfer full), one sentence, is wrong with @domain from now on: kept, logged, and told by
 * a CONTROL_ERROR event. @kind is any but END. Takes the lock. */
void virtcpu_domain_trouble_begin(VirtCpuDomain *domain, VirtCpuTrouble kind, char *text);

/* Trouble @kind, if there was any, is over. Takes the lock. */
void virtcpu_domain_trouble_end(VirtCpuDomain *domain, VirtCpuTrouble kind);

/* The QEMU is gone, and with it every trouble but @how it ended (transfer full; NULL when somebody
 * had asked it to). The lock is held: who sees the message shall see a domain that is off. */
void virtcpu_domain_trouble_outlive_locked(VirtCpuDomain *domain, char *how);

/* A new QEMU starts without the troubles of the last one. Takes the lock. */
void virtcpu_domain_trouble_forget(VirtCpuDomain *domain);
