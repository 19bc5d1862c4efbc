/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Saving guests, restoring them, and their images. */
#include "daemon/handler.h"
#include "drivers/qemu/driver-save.h"

#include <string.h>

/* virDomainSaveRestoreFlags; RESET_NVRAM is refused: a guest that goes on has its variables in use.
 */
#define SAVE_RUN_FLAGS (VIRTCPU_SAVE_FLAG_RUNNING | VIRTCPU_SAVE_FLAG_PAUSED)
#define SAVE_FLAGS     (SAVE_RUN_FLAGS | VIRTCPU_SAVE_FLAG_BYPASS_CACHE)

#define DUMP_FLAGS                                                                                 \
    (VIRTCPU_DUMP_FLAG_CRASH | VIRTCPU_DUMP_FLAG_LIVE | VIRTCPU_DUMP_FLAG_BYPASS_CACHE |           \
     VIRTCPU_DUMP_FLAG_RESET | VIRTCPU_DUMP_FLAG_MEMORY_ONLY)

/* The typed parameters of a save or restore, of which none has to be there. */
typedef struct {
    const char *file, *xml;
} SaveParams;

static const char **
find_member(SaveParams *found, const char *field)
{
    if (strcmp(field, "file") == 0) {
        return &found->file;
    }
    return strcmp(field, "dxml") == 0 ? &found->xml : NULL;
}

/* What is not known is refused: it would be about how the image is to be. */
static gboolean
read_params(const rpc_param *params, u_int count, SaveParams *found, GError **error)
{
    for (u_int i = 0; i < count; i++) {
        const char **member = find_member(found, params[i].field);

        if (member == NULL) {
            virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("parameter '%s' not supported"),
                              params[i].field);
            return FALSE;
        }
        if (params[i].value.type != RPC_PARAM_STRING || *member != NULL) {
            virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("parameter '%s' is not one string"),
                              params[i].field);
            return FALSE;
        }
        *member = params[i].value.rpc_param_value_u.s;
    }
    return TRUE;
}

static gboolean
save(VirtCpuConnection *conn, const rpc_domain *dom, const char *to, const char *xml,
     unsigned flags, const char *api, GError **error)
{
    return virtcpu_handler_check_flags(flags, SAVE_FLAGS, api, error) &&
           virtcpu_driver_save(conn->driver, virtcpu_handler_uuid(dom), to, xml, flags, error);
}

static gboolean
restore(VirtCpuConnection *conn, const char *from, const char *xml, unsigned flags, const char *api,
        GError **error)
{
    return virtcpu_handler_check_flags(flags, SAVE_FLAGS, api, error) &&
           virtcpu_driver_restore(conn->driver, from, xml, flags, error);
}

gboolean
virtcpu_handle_domain_save(VirtCpuConnection *conn, const rpc_save_args *args, GError **error)
{
    return save(conn, &args->dom, args->to, NULL, 0, "virDomainSave", error);
}

gboolean
virtcpu_handle_domain_save_flags(VirtCpuConnection *conn, const rpc_save_flags_args *args,
                                 GError **error)
{
    return save(conn, &args->dom, args->to, virtcpu_handler_text(args->xml), args->flags,
                "virDomainSaveFlags", error);
}

gboolean
virtcpu_handle_domain_save_params(VirtCpuConnection *conn, const rpc_save_params_args *args,
                                  GError **error)
{
    SaveParams params = { NULL };

    /* without a file it is the managed image */
    return read_params(args->params.params_val, args->params.params_len, &params, error) &&
           save(conn, &args->dom, params.file, params.xml, args->flags, "virDomainSaveParams",
                error);
}

gboolean
virtcpu_handle_domain_restore(VirtCpuConnection *conn, const rpc_text_args *args, GError **error)
{
    return restore(conn, args->text, NULL, 0, "virDomainRestore", error);
}

gboolean
virtcpu_handle_domain_restore_flags(VirtCpuConnection *conn, const rpc_restore_flags_args *args,
                                    GError **error)
{
    return restore(conn, args->from, virtcpu_handler_text(args->xml), args->flags,
                   "virDomainRestoreFlags", error);
}

gboolean
virtcpu_handle_domain_restore_params(VirtCpuConnection *conn, const rpc_restore_params_args *args,
                                     GError **error)
{
    SaveParams params = { NULL };

    if (!read_params(args->params.params_val, args->params.params_len, &params, error)) {
        return FALSE;
    }
    if (params.file == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("missing path to restore from"));
        return FALSE;
    }
    return restore(conn, params.file, params.xml, args->flags, "virDomainRestoreParams", error);
}

gboolean
virtcpu_handle_domain_managed_save(VirtCpuConnection *conn, const rpc_domain_flags_args *args,
                                   GError **error)
{
    return save(conn, &args->dom, NULL, NULL, args->flags, "virDomainManagedSave", error);
}

gboolean
virtcpu_handle_domain_has_managed_save_image(VirtCpuConnection *conn,
                                             const rpc_domain_flags_args *args, rpc_int_ret *ret,
                                             GError **error)
{
    gboolean has = FALSE;
    const gboolean known =
        virtcpu_handler_check_flags(args->flags, 0, "virDomainHasManagedSaveImage", error) &&
        virtcpu_driver_has_managed_image(conn->driver, virtcpu_handler_uuid(&args->dom), &has,
                                         error);

    ret->value = has;
    return known;
}

gboolean
virtcpu_handle_domain_managed_save_remove(VirtCpuConnection *conn,
                                          const rpc_domain_flags_args *args, GError **error)
{
    return virtcpu_handler_check_flags(args->flags, 0, "virDomainManagedSaveRemove", error) &&
           virtcpu_driver_remove_managed_image(conn->driver, virtcpu_handler_uuid(&args->dom),
                                               error);
}

gboolean
virtcpu_handle_domain_managed_save_get_xml_desc(VirtCpuConnection *conn,
                                                const rpc_domain_flags_args *args,
                                                rpc_text_ret *ret, GError **error)
{
    if (!virtcpu_handler_check_flags(args->flags, VIRTCPU_SAVE_XML_SECURE,
                                     "virDomainManagedSaveGetXMLDesc", error)) {
        return FALSE;
    }
    if (args->flags != 0 && virtcpu_rpc_client_is_read_only(conn->client)) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_DENIED,
                          _("virDomainManagedSaveGetXMLDesc with secure flag"));
        return FALSE;
    }
    return virtcpu_handler_take_text(
        virtcpu_driver_managed_image_xml(conn->driver, virtcpu_handler_uuid(&args->dom),
                                         args->flags, error),
        &ret->text);
}

gboolean
virtcpu_handle_domain_managed_save_define_xml(VirtCpuConnection *conn,
                                              const rpc_managed_define_args *args, GError **error)
{
    return virtcpu_handler_check_flags(args->flags, SAVE_RUN_FLAGS, "virDomainManagedSaveDefineXML",
                                       error) &&
           virtcpu_driver_managed_image_define(conn->driver, virtcpu_handler_uuid(&args->dom),
                                               virtcpu_handler_text(args->xml), args->flags, error);
}

gboolean
virtcpu_handle_domain_save_image_get_xml_desc(VirtCpuConnection *conn,
                                              const rpc_text_flags_args *args, rpc_text_ret *ret,
                                              GError **error)
{
    return virtcpu_handler_check_flags(args->flags, VIRTCPU_SAVE_XML_SECURE,
                                       "virDomainSaveImageGetXMLDesc", error) &&
           virtcpu_handler_take_text(
               virtcpu_driver_save_image_xml(conn->driver, args->text, args->flags, error),
               &ret->text);
}

gboolean
virtcpu_handle_domain_save_image_define_xml(VirtCpuConnection *conn,
                                            const rpc_image_define_args *args, GError **error)
{
    return virtcpu_handler_check_flags(args->flags, SAVE_RUN_FLAGS, "virDomainSaveImageDefineXML",
                                       error) &&
           virtcpu_driver_save_image_define(conn->driver, args->file, args->xml, args->flags,
                                            error);
}

gboolean
virtcpu_handle_domain_core_dump(VirtCpuConnection *conn, const rpc_dump_args *args, GError **error)
{
    return virtcpu_handler_check_flags(args->flags, DUMP_FLAGS, "virDomainCoreDump", error) &&
           virtcpu_driver_dump(conn->driver, virtcpu_handler_uuid(&args->dom), args->to,
                               VIRTCPU_DUMP_FORMAT_RAW, args->flags, error);
}

gboolean
virtcpu_handle_domain_core_dump_with_format(VirtCpuConnection *conn,
                                            const rpc_dump_format_args *args, GError **error)
{
    return virtcpu_handler_check_flags(args->flags, DUMP_FLAGS, "virDomainCoreDumpWithFormat",
                                       error) &&
           virtcpu_driver_dump(conn->driver, virtcpu_handler_uuid(&args->dom), args->to,
                               args->format, args->flags, error);
}
