/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one error domain. Codes carry the numbers libvirt's protocol gives them. */
#pragma once

#include <glib.h>

/* GError domain of every error virtcpu makes. */
#define VIRTCPU_ERROR (virtcpu_error_quark())

/* libvirt's virErrorNumber; the numbers are what travels on the wire. */
typedef enum {
    VIRTCPU_ERR_INTERNAL_ERROR = 1,
    VIRTCPU_ERR_NO_MEMORY = 2,
    VIRTCPU_ERR_NO_SUPPORT = 3,
    VIRTCPU_ERR_NO_CONNECT = 5,
    VIRTCPU_ERR_INVALID_CONN = 6,
    VIRTCPU_ERR_INVALID_DOMAIN = 7,
    VIRTCPU_ERR_INVALID_ARG = 8,
    VIRTCPU_ERR_OPERATION_FAILED = 9,
    VIRTCPU_ERR_OS_TYPE = 16,
    VIRTCPU_ERR_XML_ERROR = 27,
    VIRTCPU_ERR_DOM_EXIST = 28,
    VIRTCPU_ERR_OPERATION_DENIED = 29,
    VIRTCPU_ERR_XML_DETAIL = 35,
    VIRTCPU_ERR_SYSTEM_ERROR = 38,
    VIRTCPU_ERR_RPC = 39,
    VIRTCPU_ERR_NO_DOMAIN = 42,
    VIRTCPU_ERR_NO_NETWORK = 43,
    VIRTCPU_ERR_AUTH_FAILED = 45,
    VIRTCPU_ERR_NO_STORAGE_POOL = 49,
    VIRTCPU_ERR_NO_STORAGE_VOL = 50,
    VIRTCPU_ERR_NO_NODE_DEVICE = 53,
    VIRTCPU_ERR_NO_SECURITY_MODEL = 54,
    VIRTCPU_ERR_OPERATION_INVALID = 55,
    VIRTCPU_ERR_NO_INTERFACE = 57,
    VIRTCPU_ERR_NO_NWFILTER = 62,
    VIRTCPU_ERR_NO_SECRET = 66,
    VIRTCPU_ERR_CONFIG_UNSUPPORTED = 67,
    VIRTCPU_ERR_OPERATION_TIMEOUT = 68,
    VIRTCPU_ERR_MIGRATE_PERSIST_FAILED = 69,
    VIRTCPU_ERR_NO_DOMAIN_SNAPSHOT = 72,
    VIRTCPU_ERR_ARGUMENT_UNSUPPORTED = 74,
    VIRTCPU_ERR_OPERATION_ABORTED = 78,
    VIRTCPU_ERR_AUTH_CANCELLED = 79,
    VIRTCPU_ERR_NO_DOMAIN_METADATA = 80,
    VIRTCPU_ERR_MIGRATE_UNSAFE = 81,
    VIRTCPU_ERR_BLOCK_COPY_ACTIVE = 83,
    VIRTCPU_ERR_OPERATION_UNSUPPORTED = 84,
    VIRTCPU_ERR_AGENT_UNRESPONSIVE = 86,
    VIRTCPU_ERR_RESOURCE_BUSY = 87,
    VIRTCPU_ERR_ACCESS_DENIED = 88,
    VIRTCPU_ERR_CPU_INCOMPATIBLE = 91,
    VIRTCPU_ERR_XML_INVALID_SCHEMA = 92,
    VIRTCPU_ERR_MIGRATE_FINISH_OK = 93,
    VIRTCPU_ERR_AUTH_UNAVAILABLE = 94,
    VIRTCPU_ERR_DEVICE_MISSING = 99,
    VIRTCPU_ERR_NO_DOMAIN_CHECKPOINT = 103,
    VIRTCPU_ERR_NO_HOSTNAME = 108,
} VirtCpuErrorCode;

/* How one code looks to a client. */
typedef struct {
    VirtCpuErrorCode code;
    int origin;         /* libvirt's virErrorDomain that usually raises it: the wire's "domain" */
    const char *prefix; /* untranslated class words put before the detail; "" for none */
} VirtCpuErrorInfo;

/* The quark behind VIRTCPU_ERROR. Any thread. */
GQuark virtcpu_error_quark(void);

/* Set @error (may be NULL) to @code with a whole, translated sentence as detail; the class prefix
 * is added where the error leaves the process, never here. Any thread. */
void virtcpu_error_set(GError **error, VirtCpuErrorCode code, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/* Set @error to VIRTCPU_ERR_SYSTEM_ERROR: the sentence, then the text of @errnum, which the error
 * keeps. Any thread. */
void virtcpu_error_set_errno(GError **error, int errnum, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/* The row for @code; unknown codes get INTERNAL_ERROR's. Never NULL (transfer none). Any thread. */
const VirtCpuErrorInfo *virtcpu_error_info(VirtCpuErrorCode code);

/* What a person reads: translated "prefix: detail". A foreign GError domain (GIO, GMarkup) is shown
 * as an internal error. Returns (transfer full). Any thread. */
char *virtcpu_error_to_text(const GError *error) G_GNUC_WARN_UNUSED_RESULT;

/* The errno @error was made of, 0 for none. Any thread. */
int virtcpu_error_to_errno(const GError *error);

/* The protocol's number for @error: its code, or INTERNAL_ERROR for a foreign domain. Any thread.
 */
VirtCpuErrorCode virtcpu_error_to_code(const GError *error);
