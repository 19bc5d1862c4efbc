/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"

#include "conf/i18n.h"

/* Origins: libvirt's virErrorDomain numbers. */
enum {
    ORIGIN_NONE = 0,
    ORIGIN_XML = 5,
    ORIGIN_RPC = 7,
    ORIGIN_QEMU = 10,
    ORIGIN_STORAGE = 18,
    ORIGIN_NETWORK = 19,
    ORIGIN_DOMAIN = 20,
    ORIGIN_NODEDEV = 22,
    ORIGIN_INTERFACE = 26,
    ORIGIN_SECRET = 30,
    ORIGIN_CPU = 31,
    ORIGIN_NWFILTER = 33,
    ORIGIN_SNAPSHOT = 35,
    ORIGIN_AUTH = 46,
    ORIGIN_ACCESS = 55,
    ORIGIN_POLKIT = 60,
    ORIGIN_CHECKPOINT = 69,
};

/* Sorted by code: looked up with bsearch; a test proves the order. */
static const VirtCpuErrorInfo error_infos[] = {
    { VIRTCPU_ERR_INTERNAL_ERROR, ORIGIN_QEMU, N_("internal error") },
    { VIRTCPU_ERR_NO_MEMORY, ORIGIN_NONE, N_("out of memory") },
    { VIRTCPU_ERR_NO_SUPPORT, ORIGIN_DOMAIN,
      N_("this function is not supported by the connection driver") },
    { VIRTCPU_ERR_NO_CONNECT, ORIGIN_NONE, N_("no connection driver available") },
    { VIRTCPU_ERR_INVALID_CONN, ORIGIN_NONE, N_("invalid connection pointer in") },
    { VIRTCPU_ERR_INVALID_DOMAIN, ORIGIN_DOMAIN, N_("invalid domain pointer in") },
    { VIRTCPU_ERR_INVALID_ARG, ORIGIN_QEMU, N_("invalid argument") },
    { VIRTCPU_ERR_OPERATION_FAILED, ORIGIN_QEMU, N_("operation failed") },
    { VIRTCPU_ERR_OS_TYPE, ORIGIN_DOMAIN, N_("unknown OS type") },
    { VIRTCPU_ERR_XML_ERROR, ORIGIN_DOMAIN, N_("XML error") },
    { VIRTCPU_ERR_DOM_EXIST, ORIGIN_DOMAIN, N_("domain exists already") },
    { VIRTCPU_ERR_OPERATION_DENIED, ORIGIN_DOMAIN, N_("operation forbidden") },
    { VIRTCPU_ERR_XML_DETAIL, ORIGIN_DOMAIN, "" },
    { VIRTCPU_ERR_SYSTEM_ERROR, ORIGIN_QEMU, "" },
    { VIRTCPU_ERR_RPC, ORIGIN_RPC, "" },
    { VIRTCPU_ERR_NO_DOMAIN, ORIGIN_QEMU, N_("Domain not found") },
    { VIRTCPU_ERR_NO_NETWORK, ORIGIN_NETWORK, N_("Network not found") },
    { VIRTCPU_ERR_AUTH_FAILED, ORIGIN_AUTH, N_("authentication failed") },
    { VIRTCPU_ERR_NO_STORAGE_POOL, ORIGIN_STORAGE, N_("Storage pool not found") },
    { VIRTCPU_ERR_NO_STORAGE_VOL, ORIGIN_STORAGE, N_("Storage volume not found") },
    { VIRTCPU_ERR_NO_NODE_DEVICE, ORIGIN_NODEDEV, N_("Node device not found") },
    { VIRTCPU_ERR_NO_SECURITY_MODEL, ORIGIN_QEMU, N_("Security model not found") },
    { VIRTCPU_ERR_OPERATION_INVALID, ORIGIN_QEMU, N_("Requested operation is not valid") },
    { VIRTCPU_ERR_NO_INTERFACE, ORIGIN_INTERFACE, N_("Interface not found") },
    { VIRTCPU_ERR_NO_NWFILTER, ORIGIN_NWFILTER, N_("Network filter not found") },
    { VIRTCPU_ERR_NO_SECRET, ORIGIN_SECRET, N_("Secret not found") },
    { VIRTCPU_ERR_CONFIG_UNSUPPORTED, ORIGIN_DOMAIN, N_("unsupported configuration") },
    { VIRTCPU_ERR_OPERATION_TIMEOUT, ORIGIN_QEMU, N_("Timed out during operation") },
    { VIRTCPU_ERR_MIGRATE_PERSIST_FAILED, ORIGIN_QEMU,
      N_("Failed to make domain persistent after migration") },
    { VIRTCPU_ERR_NO_DOMAIN_SNAPSHOT, ORIGIN_SNAPSHOT, N_("Domain snapshot not found") },
    { VIRTCPU_ERR_ARGUMENT_UNSUPPORTED, ORIGIN_QEMU, N_("argument unsupported") },
    { VIRTCPU_ERR_OPERATION_ABORTED, ORIGIN_QEMU, N_("operation aborted") },
    { VIRTCPU_ERR_AUTH_CANCELLED, ORIGIN_POLKIT, N_("authentication cancelled") },
    { VIRTCPU_ERR_NO_DOMAIN_METADATA, ORIGIN_DOMAIN, N_("metadata not found") },
    { VIRTCPU_ERR_MIGRATE_UNSAFE, ORIGIN_QEMU, N_("Unsafe migration") },
    { VIRTCPU_ERR_BLOCK_COPY_ACTIVE, ORIGIN_QEMU, N_("block copy still active") },
    { VIRTCPU_ERR_OPERATION_UNSUPPORTED, ORIGIN_QEMU, N_("Operation not supported") },
    { VIRTCPU_ERR_AGENT_UNRESPONSIVE, ORIGIN_QEMU, N_("Guest agent is not responding") },
    { VIRTCPU_ERR_RESOURCE_BUSY, ORIGIN_QEMU, N_("resource busy") },
    { VIRTCPU_ERR_ACCESS_DENIED, ORIGIN_ACCESS, N_("access denied") },
    { VIRTCPU_ERR_CPU_INCOMPATIBLE, ORIGIN_CPU, N_("the CPU is incompatible with host CPU") },
    { VIRTCPU_ERR_XML_INVALID_SCHEMA, ORIGIN_XML,
      N_("XML document failed to validate against schema") },
    { VIRTCPU_ERR_MIGRATE_FINISH_OK, ORIGIN_QEMU, N_("migration successfully aborted") },
    { VIRTCPU_ERR_AUTH_UNAVAILABLE, ORIGIN_POLKIT, N_("authentication unavailable") },
    { VIRTCPU_ERR_DEVICE_MISSING, ORIGIN_QEMU, N_("device not found") },
    { VIRTCPU_ERR_NO_DOMAIN_CHECKPOINT, ORIGIN_CHECKPOINT, N_("Domain checkpoint not found") },
    { VIRTCPU_ERR_NO_HOSTNAME, ORIGIN_QEMU, N_("no hostname found") },
};

/* What a GError of ours carries besides code and message. GLib zeroes it. */
typedef struct {
    int errnum; /* 0: none */
} VirtCpuErrorPrivate;

/* GLib's macro casts a const away, and may return NULL by its own account. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wcast-qual"
#pragma GCC diagnostic ignored "-Wnull-dereference"

static void
virtcpu_error_private_init(VirtCpuErrorPrivate *private)
{
}

static void
virtcpu_error_private_copy(const VirtCpuErrorPrivate *source, VirtCpuErrorPrivate *copy)
{
    *copy = *source;
}

static void
virtcpu_error_private_clear(VirtCpuErrorPrivate *private)
{
}

/* defines virtcpu_error_quark */
G_DEFINE_EXTENDED_ERROR(VirtCpuError, virtcpu_error)

void
virtcpu_error_set_errno(GError **error, int errnum, const char *format, ...)
{
    g_autofree char *detail = NULL;
    va_list args;

    if (error == NULL) {
        return;
    }
    va_start(args, format);
    detail = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error(error, VIRTCPU_ERROR, VIRTCPU_ERR_SYSTEM_ERROR, "%s: %s", detail,
                g_strerror(errnum));
    virtcpu_error_get_private(*error)->errnum = errnum;
}

int
virtcpu_error_to_errno(const GError *error)
{
    return error->domain == VIRTCPU_ERROR ? virtcpu_error_get_private(error)->errnum : 0;
}
#pragma GCC diagnostic pop

void
virtcpu_error_set(GError **error, VirtCpuErrorCode code, const char *format, ...)
{
    va_list args;

    if (error == NULL) {
        return;
    }
    va_start(args, format);
    g_propagate_error(error, g_error_new_valist(VIRTCPU_ERROR, (int)code, format, args));
    va_end(args);
}

static int
compare_info(const void *key, const void *row)
{
    return *(const int *)key - (int)((const VirtCpuErrorInfo *)row)->code;
}

const VirtCpuErrorInfo *
virtcpu_error_info(VirtCpuErrorCode code)
{
    int key = (int)code;
    const VirtCpuErrorInfo *info =
        bsearch(&key, error_infos, G_N_ELEMENTS(error_infos), sizeof(error_infos[0]), compare_info);

    return info != NULL ? info : &error_infos[0];
}

VirtCpuErrorCode
virtcpu_error_to_code(const GError *error)
{
    return error->domain == VIRTCPU_ERROR ? (VirtCpuErrorCode)error->code
                                          : VIRTCPU_ERR_INTERNAL_ERROR;
}

char *
virtcpu_error_to_text(const GError *error)
{
    const VirtCpuErrorInfo *info = virtcpu_error_info(virtcpu_error_to_code(error));

    if (info->prefix[0] == '\0') {
        return g_strdup(error->message);
    }
    return g_strdup_printf("%s: %s", _(info->prefix), error->message);
}
