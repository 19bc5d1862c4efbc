/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What libvirt's API can ask a daemon, through libvirt-glib. Errors are the daemon's or libvirt's
 * own: NO_CONNECT, or OPERATION_FAILED, with their words. */
#pragma once

#include "drivers/cpu/cpu.h"
#include "tools/connect.h"

typedef struct _ToolLibvirt ToolLibvirt;

/* Connect to the daemon that @connect names (transfer full). */
ToolLibvirt *tool_libvirt_open(const ToolConnect *connect,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Close @libvirt (may be NULL). */
void tool_libvirt_close(ToolLibvirt *libvirt);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ToolLibvirt, tool_libvirt_close)

/* Its <capabilities> (transfer full). */
char *tool_libvirt_capabilities(ToolLibvirt *libvirt, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Its <domainCapabilities> for @emulator, @machine and @virt_type, each of which may be NULL
 * (transfer full). */
char *tool_libvirt_domain_capabilities(ToolLibvirt *libvirt, const char *emulator,
                                       const char *machine, const char *virt_type,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* How its host stands to the <cpu> @xml. @reason (out): of INCOMPATIBLE why, else NULL (transfer
 * full). */
VirtCpuCompareResult tool_libvirt_compare(ToolLibvirt *libvirt, const char *xml, char **reason,
                                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The <cpu> that all of @xmls (NULL-terminated) contain (transfer full). */
char *tool_libvirt_baseline(ToolLibvirt *libvirt, const char **xmls, gboolean expand,
                            gboolean migratable, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The <domain> of @name, a name or UUID: as it runs, else as it is defined (transfer full). */
char *tool_libvirt_domain_xml(ToolLibvirt *libvirt, const char *name,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* @xml turned into @format by virConnectDomainXMLToNative (transfer full). @unknown (out): TRUE
 * when the daemon refused because it does not know the format. */
char *tool_libvirt_to_native(ToolLibvirt *libvirt, const char *format, const char *xml,
                             gboolean *unknown, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* How what @emulator provides under @machine and @virt_type (each may be NULL) stands to the <cpu>
 * @xml, and @reason as in tool_libvirt_compare. */
VirtCpuCompareResult tool_libvirt_compare_hypervisor(ToolLibvirt *libvirt, const char *emulator,
                                                     const char *arch, const char *machine,
                                                     const char *virt_type, const char *xml,
                                                     char **reason,
                                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
