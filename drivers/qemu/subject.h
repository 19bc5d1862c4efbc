/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What verify, dump and explain are asked about: a <domain>, or the <cpu> of one guest. */
#pragma once

#include "conf/domain-def.h"

/* The <domain> in @text, not complete yet, as far as it decides what its CPU is: any other element
 * is left out, devices too, but for the emulator, so that every definition of libvirt's will do;
 * around a <cpu> one named "verify" is made, with as many
 * vCPUs as its topology has room for, under KVM where that works here (transfer full). Errors:
 * those of the parsers; INVALID_ARG for several CPUs or a host's. */
VirtCpuDomainDef *virtcpu_subject_parse(const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;
