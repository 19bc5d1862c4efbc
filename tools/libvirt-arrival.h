/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asking daemons whether a guest could migrate, over libvirt's API: it has no such call. A virtcpud
 * takes the question by virConnectDomainXMLToNative and answers it; a libvirtd, which refuses that,
 * is asked what it can tell of the machine type and the CPU. */
#pragma once

#include "drivers/qemu/driver-arrival.h"
#include "tools/libvirt.h"

/* The passport of the guest with <domain> @xml into @passport (transfer full); NULL, and into @why
 * (transfer full) the reason, where the daemon knows of none. Errors: the daemon's words. */
gboolean tool_libvirt_passport(ToolLibvirt *source, const char *xml, char **passport, char **why,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What @dest says of the guest with <domain> @xml and @passport, both also parsed (passports may be
 * NULL): as virtcpu_arrival_to_json (transfer full). Errors: the daemon's words; those of
 * virtcpu_arrival_question_format. */
VirtCpuJson *tool_libvirt_judge(ToolLibvirt *dest, const char *xml, const char *passport,
                                const VirtCpuPassport *parsed, const VirtCpuDomainDef *def,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
