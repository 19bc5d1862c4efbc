/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/libvirt.h"

#include "conf/library.h"

#include <libvirt-gobject/libvirt-gobject.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <string.h>

/* libvirt-glib and the forty libraries below it take longer to load than most verbs to run, so it
 * is loaded when a daemon is asked. */
#define LIBRARY "libvirt-gobject-1.0.so.0"

/* What is called of it and of libvirt, which it brings. */
typedef struct {
    __typeof__(gvir_init_object_check) *init;
    __typeof__(gvir_connection_new) *connection_new;
    __typeof__(gvir_connection_open) *connection_open;
    __typeof__(gvir_connection_get_capabilities) *get_capabilities;
    __typeof__(gvir_connection_get_domain_capabilities) *get_domain_capabilities;
    __typeof__(gvir_config_object_to_xml) *to_xml;
    __typeof__(virConnectCompareCPU) *compare_cpu;
    __typeof__(virConnectBaselineCPU) *baseline_cpu;
    __typeof__(virConnectCompareHypervisorCPU) *compare_hypervisor;
    __typeof__(virConnectDomainXMLToNative) *to_native;
    __typeof__(virDomainLookupByName) *lookup_name;
    __typeof__(virDomainLookupByUUIDString) *lookup_uuid;
    __typeof__(virDomainGetXMLDesc) *get_xml;
    __typeof__(virDomainFree) *domain_free;
    __typeof__(virConnectClose) *close;
    __typeof__(virGetLastError) *last_error;
    __typeof__(virGetLastErrorMessage) *last_message;
} Calls;

static const VirtCpuLibrarySymbol symbols[] = {
    { "gvir_init_object_check", G_STRUCT_OFFSET(Calls, init) },
    { "gvir_connection_new", G_STRUCT_OFFSET(Calls, connection_new) },
    { "gvir_connection_open", G_STRUCT_OFFSET(Calls, connection_open) },
    { "gvir_connection_get_capabilities", G_STRUCT_OFFSET(Calls, get_capabilities) },
    { "gvir_connection_get_domain_capabilities", G_STRUCT_OFFSET(Calls, get_domain_capabilities) },
    { "gvir_config_object_to_xml", G_STRUCT_OFFSET(Calls, to_xml) },
    { "virConnectCompareCPU", G_STRUCT_OFFSET(Calls, compare_cpu) },
    { "virConnectBaselineCPU", G_STRUCT_OFFSET(Calls, baseline_cpu) },
    { "virConnectCompareHypervisorCPU", G_STRUCT_OFFSET(Calls, compare_hypervisor) },
    { "virConnectDomainXMLToNative", G_STRUCT_OFFSET(Calls, to_native) },
    { "virDomainLookupByName", G_STRUCT_OFFSET(Calls, lookup_name) },
    { "virDomainLookupByUUIDString", G_STRUCT_OFFSET(Calls, lookup_uuid) },
    { "virDomainGetXMLDesc", G_STRUCT_OFFSET(Calls, get_xml) },
    { "virDomainFree", G_STRUCT_OFFSET(Calls, domain_free) },
    { "virConnectClose", G_STRUCT_OFFSET(Calls, close) },
    { "virGetLastError", G_STRUCT_OFFSET(Calls, last_error) },
    { "virGetLastErrorMessage", G_STRUCT_OFFSET(Calls, last_message) },
};

struct _ToolLibvirt {
    Calls calls;
    GVirConnection *connection;
    virConnectPtr handle; /* of it, for what libvirt-glib has no call */
};

/* libvirt's words are whole sentences with the class of the error before. */
static void
set_failure(const ToolLibvirt *libvirt, GError **error)
{
    g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_FAILED, libvirt->calls.last_message());
}

ToolLibvirt *
tool_libvirt_open(const ToolConnect *connect, GError **error)
{
    g_autofree char *uri = tool_connect_uri(connect);
    g_autoptr(ToolLibvirt) libvirt = g_new0(ToolLibvirt, 1);

    /* it stays, as its types are GLib's from then on */
    if (!virtcpu_library_load(LIBRARY, symbols, G_N_ELEMENTS(symbols), &libvirt->calls, error) ||
        !libvirt->calls.init(NULL, NULL, error)) {
        return NULL;
    }
    libvirt->connection = libvirt->calls.connection_new(uri);
    if (!libvirt->calls.connection_open(libvirt->connection, NULL, error)) {
        return NULL;
    }
    g_object_get(libvirt->connection, "handle", &libvirt->handle, NULL);
    return g_steal_pointer(&libvirt);
}

void
tool_libvirt_close(ToolLibvirt *libvirt)
{
    if (libvirt == NULL) {
        return;
    }
    if (libvirt->handle != NULL) {
        libvirt->calls.close(libvirt->handle);
    }
    g_clear_object(&libvirt->connection);
    g_free(libvirt);
}

/* The text of @config (transfer full; may be NULL) with an end to its last line. */
static char *
take_config(const ToolLibvirt *libvirt, gpointer config)
{
    g_autofree char *xml = NULL;

    if (config == NULL) {
        return NULL;
    }
    xml = libvirt->calls.to_xml(config);
    g_object_unref(config);
    return g_strdup_printf("%s%s", xml, g_str_has_suffix(xml, "\n") ? "" : "\n");
}

char *
tool_libvirt_capabilities(ToolLibvirt *libvirt, GError **error)
{
    return take_config(libvirt, libvirt->calls.get_capabilities(libvirt->connection, error));
}

char *
tool_libvirt_domain_capabilities(ToolLibvirt *libvirt, const char *emulator, const char *machine,
                                 const char *virt_type, GError **error)
{
    return take_config(libvirt,
                       libvirt->calls.get_domain_capabilities(libvirt->connection, emulator, NULL,
                                                              machine, virt_type, 0, error));
}

/* Why what was just asked is refused (transfer full). */
static char *
get_reason(const Calls *calls)
{
    const virError *why = calls->last_error();

    return g_strdup(why != NULL && why->str2 != NULL ? why->str2 : calls->last_message());
}

VirtCpuCompareResult
tool_libvirt_compare(ToolLibvirt *libvirt, const char *xml, char **reason, GError **error)
{
    const Calls *calls = &libvirt->calls;
    const int result = calls->compare_cpu(libvirt->handle, xml, 0);

    *reason = NULL;
    if (result == VIR_CPU_COMPARE_ERROR) {
        set_failure(libvirt, error);
        return VIRTCPU_COMPARE_ERROR;
    }
    if (result == VIR_CPU_COMPARE_INCOMPATIBLE &&
        calls->compare_cpu(libvirt->handle, xml, VIR_CONNECT_COMPARE_CPU_FAIL_INCOMPATIBLE) ==
            VIR_CPU_COMPARE_ERROR) {
        *reason = get_reason(calls);
    }
    return (VirtCpuCompareResult)result;
}

VirtCpuCompareResult
tool_libvirt_compare_hypervisor(ToolLibvirt *libvirt, const char *emulator, const char *arch,
                                const char *machine, const char *virt_type, const char *xml,
                                char **reason, GError **error)
{
    const Calls *calls = &libvirt->calls;
    const int result =
        calls->compare_hypervisor(libvirt->handle, emulator, arch, machine, virt_type, xml, 0);

    *reason = NULL;
    if (result == VIR_CPU_COMPARE_ERROR) {
        set_failure(libvirt, error);
        return VIRTCPU_COMPARE_ERROR;
    }
    if (result == VIR_CPU_COMPARE_INCOMPATIBLE &&
        calls->compare_hypervisor(libvirt->handle, emulator, arch, machine, virt_type, xml,
                                  VIR_CONNECT_COMPARE_CPU_FAIL_INCOMPATIBLE) ==
            VIR_CPU_COMPARE_ERROR) {
        *reason = get_reason(calls);
    }
    return (VirtCpuCompareResult)result;
}

char *
tool_libvirt_to_native(ToolLibvirt *libvirt, const char *format, const char *xml, gboolean *unknown,
                       GError **error)
{
    const Calls *calls = &libvirt->calls;
    char *text = calls->to_native(libvirt->handle, format, xml, 0);
    const virError *why = text == NULL ? calls->last_error() : NULL;

    /* libvirtd's qemuConnectDomainXMLToNative: "unsupported config type X" */
    *unknown = why != NULL && why->code == VIR_ERR_INVALID_ARG && why->message != NULL &&
               strstr(why->message, format) != NULL;
    if (text == NULL) {
        set_failure(libvirt, error);
    }
    return text;
}

char *
tool_libvirt_baseline(ToolLibvirt *libvirt, const char **xmls, gboolean expand, gboolean migratable,
                      GError **error)
{
    const unsigned flags = (expand ? VIR_CONNECT_BASELINE_CPU_EXPAND_FEATURES : 0u) |
                           (migratable ? VIR_CONNECT_BASELINE_CPU_MIGRATABLE : 0u);
    unsigned count = 0;
    char *xml;

    while (xmls[count] != NULL) {
        count++;
    }
    xml = libvirt->calls.baseline_cpu(libvirt->handle, xmls, count, flags);
    if (xml == NULL) {
        set_failure(libvirt, error);
    }
    return xml;
}

char *
tool_libvirt_domain_xml(ToolLibvirt *libvirt, const char *name, GError **error)
{
    const Calls *calls = &libvirt->calls;
    virDomainPtr domain = calls->lookup_name(libvirt->handle, name);
    char *xml = NULL;

    if (domain == NULL) {
        domain = calls->lookup_uuid(libvirt->handle, name);
    }
    if (domain == NULL) {
        domain = calls->lookup_name(libvirt->handle, name); /* for its words */
    }
    if (domain != NULL) {
        xml = calls->get_xml(domain, 0);
        calls->domain_free(domain);
    }
    if (xml == NULL) {
        set_failure(libvirt, error);
    }
    return xml;
}
