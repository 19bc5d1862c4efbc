/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Storage as far as a client needs it on the way to a domain: virtcpud keeps no pools and makes no
 * volumes, but tells of the files and block devices that are there. */
#include "daemon/handler.h"
#include "daemon/volume.h"

#include <string.h>

/* virStoragePoolState. */
#define POOL_RUNNING 2
/* virStorageVolType. */
#define VOLUME_FILE  0
#define VOLUME_BLOCK 1

static gboolean
no_volume(const char *path, GError **error)
{
    virtcpu_error_set(error, VIRTCPU_ERR_NO_STORAGE_VOL,
                      _("no storage vol with matching path '%s'"), path);
    return FALSE;
}

static gboolean
no_pool(const char *name, GError **error)
{
    virtcpu_error_set(error, VIRTCPU_ERR_NO_STORAGE_POOL,
                      _("no storage pool with matching name '%s'"), name);
    return FALSE;
}

/* Who may only look must not learn from a daemon that may see everything which files there are. */
static gboolean
may_look(const VirtCpuConnection *conn)
{
    return !virtcpu_rpc_client_is_read_only(conn->client);
}

static gboolean
read_volume(const VirtCpuConnection *conn, const char *path, VirtCpuVolume *volume, GError **error)
{
    return may_look(conn) ? virtcpu_volume_read(path, volume, error) : no_volume(path, error);
}

static void
fill_volume(const VirtCpuVolume *volume, rpc_volume *out)
{
    out->pool = g_strdup(volume->folder);
    out->name = g_strdup(volume->name);
    out->key = g_strdup(volume->path);
}

static void
fill_pool(const char *folder, rpc_named *out)
{
    out->name = g_strdup(folder);
    virtcpu_volume_folder_uuid(folder, (guint8 *)out->uuid);
}

gboolean
virtcpu_handle_storage_vol_lookup_by_path(VirtCpuConnection *conn, const rpc_text_args *args,
                                          rpc_volume_ret *ret, GError **error)
{
    g_auto(VirtCpuVolume) volume = { 0 };

    if (!read_volume(conn, args->text, &volume, error)) {
        return FALSE;
    }
    fill_volume(&volume, &ret->volume);
    return TRUE;
}

gboolean
virtcpu_handle_storage_vol_lookup_by_key(VirtCpuConnection *conn, const rpc_text_args *args,
                                         rpc_volume_ret *ret, GError **error)
{
    return virtcpu_handle_storage_vol_lookup_by_path(conn, args, ret, error);
}

gboolean
virtcpu_handle_storage_vol_lookup_by_name(VirtCpuConnection *conn, const rpc_volume_name_args *args,
                                          rpc_volume_ret *ret, GError **error)
{
    g_autofree char *path = g_build_filename(args->pool.name, args->name, NULL);
    g_auto(VirtCpuVolume) volume = { 0 };

    if (strchr(args->name, '/') != NULL || !read_volume(conn, path, &volume, error)) {
        g_clear_error(error);
        virtcpu_error_set(error, VIRTCPU_ERR_NO_STORAGE_VOL,
                          _("no storage vol with matching name '%s'"), args->name);
        return FALSE;
    }
    fill_volume(&volume, &ret->volume);
    return TRUE;
}

gboolean
virtcpu_handle_storage_vol_get_info(VirtCpuConnection *conn, const rpc_volume_args *args,
                                    rpc_volume_info_ret *ret, GError **error)
{
    g_auto(VirtCpuVolume) volume = { 0 };

    if (!read_volume(conn, args->volume.key, &volume, error)) {
        return FALSE;
    }
    ret->type = volume.is_block ? VOLUME_BLOCK : VOLUME_FILE;
    ret->capacity = volume.capacity;
    ret->allocation = volume.allocation;
    return TRUE;
}

gboolean
virtcpu_handle_storage_vol_get_xml_desc(VirtCpuConnection *conn, const rpc_volume_flags_args *args,
                                        rpc_text_ret *ret, GError **error)
{
    g_auto(VirtCpuVolume) volume = { 0 };

    if (!virtcpu_handler_check_flags(args->flags, 0, "virStorageVolGetXMLDesc", error) ||
        !read_volume(conn, args->volume.key, &volume, error)) {
        return FALSE;
    }
    ret->text = virtcpu_volume_xml(&volume);
    return TRUE;
}

gboolean
virtcpu_handle_storage_vol_get_path(VirtCpuConnection *conn, const rpc_volume_args *args,
                                    rpc_text_ret *ret, GError **error)
{
    g_auto(VirtCpuVolume) volume = { 0 };

    if (!read_volume(conn, args->volume.key, &volume, error)) {
        return FALSE;
    }
    ret->text = g_strdup(volume.path);
    return TRUE;
}

gboolean
virtcpu_handle_storage_pool_lookup_by_volume(VirtCpuConnection *conn, const rpc_volume_args *args,
                                             rpc_named_ret *ret, GError **error)
{
    g_auto(VirtCpuVolume) volume = { 0 };

    if (!read_volume(conn, args->volume.key, &volume, error)) {
        return FALSE;
    }
    fill_pool(volume.folder, &ret->object);
    return TRUE;
}

/* The space of the folder that @pool stands for. */
static gboolean
read_pool(const VirtCpuConnection *conn, const rpc_named *pool, guint64 *capacity,
          guint64 *available, GError **error)
{
    guint8 uuid[VIRTCPU_UUID_BYTES];

    virtcpu_volume_folder_uuid(pool->name, uuid);
    if (!may_look(conn) || memcmp(uuid, pool->uuid, sizeof(uuid)) != 0) {
        return no_pool(pool->name, error);
    }
    return virtcpu_volume_folder_space(pool->name, capacity, available, error);
}

gboolean
virtcpu_handle_storage_pool_lookup_by_name(VirtCpuConnection *conn, const rpc_text_args *args,
                                           rpc_named_ret *ret, GError **error)
{
    guint64 capacity, available;

    if (!may_look(conn)) {
        return no_pool(args->text, error);
    }
    if (!virtcpu_volume_folder_space(args->text, &capacity, &available, error)) {
        return FALSE;
    }
    fill_pool(args->text, &ret->object);
    return TRUE;
}

gboolean
virtcpu_handle_storage_pool_lookup_by_uuid(VirtCpuConnection *conn, const rpc_uuid_args *args,
                                           rpc_named_ret *ret, GError **error)
{
    g_autofree char *uuid = virtcpu_uuid_to_string((const guint8 *)args->uuid);

    virtcpu_error_set(error, VIRTCPU_ERR_NO_STORAGE_POOL,
                      _("no storage pool with matching uuid '%s'"), uuid);
    return FALSE;
}

gboolean
virtcpu_handle_storage_pool_lookup_by_target_path(VirtCpuConnection *conn,
                                                  const rpc_text_args *args, rpc_named_ret *ret,
                                                  GError **error)
{
    virtcpu_error_set(error, VIRTCPU_ERR_NO_STORAGE_POOL,
                      _("no storage pool with matching target path '%s'"), args->text);
    return FALSE;
}

gboolean
virtcpu_handle_storage_pool_get_info(VirtCpuConnection *conn, const rpc_named_args *args,
                                     rpc_pool_info_ret *ret, GError **error)
{
    guint64 capacity, available;

    if (!read_pool(conn, &args->object, &capacity, &available, error)) {
        return FALSE;
    }
    ret->state = POOL_RUNNING;
    ret->capacity = capacity;
    ret->available = available;
    ret->allocation = capacity - MIN(available, capacity);
    return TRUE;
}

gboolean
virtcpu_handle_storage_pool_get_xml_desc(VirtCpuConnection *conn, const rpc_named_flags_args *args,
                                         rpc_text_ret *ret, GError **error)
{
    guint64 capacity, available;

    return read_pool(conn, &args->object, &capacity, &available, error) &&
           virtcpu_handler_take_text(virtcpu_volume_folder_xml(args->object.name,
                                                               (const guint8 *)args->object.uuid,
                                                               error),
                                     &ret->text);
}

gboolean
virtcpu_handle_storage_pool_is_active(VirtCpuConnection *conn, const rpc_named_args *args,
                                      rpc_int_ret *ret, GError **error)
{
    guint64 capacity, available;

    ret->value = 1;
    return read_pool(conn, &args->object, &capacity, &available, error);
}

gboolean
virtcpu_handle_storage_pool_is_persistent(VirtCpuConnection *conn, const rpc_named_args *args,
                                          rpc_int_ret *ret, GError **error)
{
    guint64 capacity, available;

    return read_pool(conn, &args->object, &capacity, &available, error);
}

gboolean
virtcpu_handle_storage_pool_get_autostart(VirtCpuConnection *conn, const rpc_named_args *args,
                                          rpc_int_ret *ret, GError **error)
{
    guint64 capacity, available;

    return read_pool(conn, &args->object, &capacity, &available, error);
}

/* A folder is as it is whenever it is looked at. */
gboolean
virtcpu_handle_storage_pool_refresh(VirtCpuConnection *conn, const rpc_named_flags_args *args,
                                    GError **error)
{
    guint64 capacity, available;

    return read_pool(conn, &args->object, &capacity, &available, error);
}

/* Volumes are found by path or name, and are not listed: a folder may hold anything. */
gboolean
virtcpu_handle_storage_pool_num_of_volumes(VirtCpuConnection *conn, const rpc_named_args *args,
                                           rpc_int_ret *ret, GError **error)
{
    guint64 capacity, available;

    return read_pool(conn, &args->object, &capacity, &available, error);
}

gboolean
virtcpu_handle_storage_pool_list_volumes(VirtCpuConnection *conn, const rpc_named_int_args *args,
                                         rpc_names_ret *ret, GError **error)
{
    guint64 capacity, available;

    return read_pool(conn, &args->object, &capacity, &available, error);
}

gboolean
virtcpu_handle_storage_pool_list_all_volumes(VirtCpuConnection *conn,
                                             const rpc_named_list_args *args, rpc_volumes_ret *ret,
                                             GError **error)
{
    guint64 capacity, available;

    return read_pool(conn, &args->object, &capacity, &available, error);
}

/* Clients put this into a sentence of their own, so it says what to do. */
static gboolean
refuse_to_manage(GError **error)
{
    virtcpu_error_set(error, VIRTCPU_ERR_NO_SUPPORT,
                      _("virtcpud manages no storage; make the disk image first, for example with "
                        "qemu-img create"));
    return FALSE;
}

gboolean
virtcpu_handle_storage_pool_define_xml(VirtCpuConnection *conn, const rpc_text_flags_args *args,
                                       rpc_named_ret *ret, GError **error)
{
    return refuse_to_manage(error);
}

gboolean
virtcpu_handle_storage_pool_create_xml(VirtCpuConnection *conn, const rpc_text_flags_args *args,
                                       rpc_named_ret *ret, GError **error)
{
    return refuse_to_manage(error);
}

gboolean
virtcpu_handle_storage_vol_create_xml(VirtCpuConnection *conn, const rpc_volume_create_args *args,
                                      rpc_volume_ret *ret, GError **error)
{
    return refuse_to_manage(error);
}
