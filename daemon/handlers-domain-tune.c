/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the threads of a domain run, and its I/O threads. */
#include "conf/cpuset.h"
#include "daemon/handler.h"
#include "drivers/qemu/driver-change.h"

#include <string.h>

/* Bytes of a CPU map that are of any use: one bit for each host CPU there can be. */
#define MAP_BYTES VIRTCPU_VCPU_MAP_BYTES

/* The CPUs of @map, of @bytes bytes, as a list (transfer full). NULL with @error set when there are
 * none. */
static char *
read_map(const char *map, unsigned bytes, GError **error)
{
    g_autoptr(VirtCpuCpuset) set = virtcpu_cpuset_from_map((const guint8 *)map, bytes);

    if (set == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("Empty cpu list for pinning"));
        return NULL;
    }
    return virtcpu_cpuset_format(set);
}

static gboolean
pin(VirtCpuConnection *conn, const rpc_domain *dom, VirtCpuPinKind kind, unsigned number,
    const char *map, unsigned bytes, unsigned flags, GError **error)
{
    g_autofree char *cpus = read_map(map, bytes, error);

    return cpus != NULL && virtcpu_driver_pin(conn->driver, virtcpu_handler_uuid(dom), kind, number,
                                              cpus, flags, error);
}

gboolean
virtcpu_handle_domain_pin_vcpu(VirtCpuConnection *conn, const rpc_pin_vcpu_args *args,
                               GError **error)
{
    return pin(conn, &args->dom, VIRTCPU_PIN_VCPU, args->vcpu, args->map.map_val, args->map.map_len,
               VIRTCPU_CHANGE_LIVE, error);
}

gboolean
virtcpu_handle_domain_pin_vcpu_flags(VirtCpuConnection *conn, const rpc_pin_thread_args *args,
                                     GError **error)
{
    return virtcpu_handler_check_flags(args->flags, VIRTCPU_CHANGE_IMPACT, "virDomainPinVcpuFlags",
                                       error) &&
           pin(conn, &args->dom, VIRTCPU_PIN_VCPU, args->number, args->map.map_val,
               args->map.map_len, args->flags, error);
}

gboolean
virtcpu_handle_domain_pin_emulator(VirtCpuConnection *conn, const rpc_pin_emulator_args *args,
                                   GError **error)
{
    return virtcpu_handler_check_flags(args->flags, VIRTCPU_CHANGE_IMPACT, "virDomainPinEmulator",
                                       error) &&
           pin(conn, &args->dom, VIRTCPU_PIN_EMULATOR, 0, args->map.map_val, args->map.map_len,
               args->flags, error);
}

gboolean
virtcpu_handle_domain_pin_iothread(VirtCpuConnection *conn, const rpc_pin_thread_args *args,
                                   GError **error)
{
    return virtcpu_handler_check_flags(args->flags, VIRTCPU_CHANGE_IMPACT, "virDomainPinIOThread",
                                       error) &&
           pin(conn, &args->dom, VIRTCPU_PIN_IOTHREAD, args->number, args->map.map_val,
               args->map.map_len, args->flags, error);
}

/* Put where a thread may run into @map: @cpus, or else @general, or else all CPUs that are online.
 * The first two may be NULL. */
static void
fill_map(const VirtCpuConnection *conn, const char *cpus, const char *general, guint8 *map,
         gsize bytes)
{
    const char *list = cpus != NULL ? cpus : general;
    g_autoptr(VirtCpuCpuset) set = list != NULL ? virtcpu_cpuset_parse(list) : NULL;
    const VirtCpuHost *host = virtcpu_driver_host(conn->driver);

    if (set != NULL) {
        virtcpu_cpuset_to_map(set, map, bytes);
        return;
    }
    for (guint i = 0; i < host->cpus->len; i++) {
        const VirtCpuHostCpu *cpu = host->cpus->pdata[i];

        if (cpu->online && cpu->id / 8 < bytes) {
            map[cpu->id / 8] |= (guint8)(1u << (cpu->id % 8));
        }
    }
}

gboolean
virtcpu_handle_domain_get_vcpu_pin_info(VirtCpuConnection *conn, const rpc_vcpu_pins_args *args,
                                        rpc_vcpu_pins_ret *ret, GError **error)
{
    g_autoptr(VirtCpuDomainDef) def = virtcpu_handler_definition(conn, &args->dom, args->flags, 0,
                                                                 "virDomainGetVcpuPinInfo", error);
    guint8 *maps;

    maps = def != NULL ? virtcpu_handler_new_maps(args->max_maps, args->map_bytes, error) : NULL;
    if (maps == NULL) {
        return FALSE;
    }
    ret->count = MIN((int)def->max_vcpus, args->max_maps);
    for (int i = 0; i < ret->count; i++) {
        const VirtCpuThreadTune *tune = virtcpu_tune_find_vcpu(&def->tune, (unsigned)i);

        fill_map(conn, tune != NULL ? tune->cpus : NULL, def->tune.cpus,
                 maps + (gsize)i * (gsize)args->map_bytes, (gsize)args->map_bytes);
    }
    ret->maps.maps_len = (unsigned)args->max_maps * (unsigned)args->map_bytes;
    ret->maps.maps_val = (char *)maps;
    return TRUE;
}

gboolean
virtcpu_handle_domain_get_emulator_pin_info(VirtCpuConnection *conn,
                                            const rpc_emulator_pin_args *args,
                                            rpc_vcpu_pins_ret *ret, GError **error)
{
    g_autoptr(VirtCpuDomainDef) def = virtcpu_handler_definition(
        conn, &args->dom, args->flags, 0, "virDomainGetEmulatorPinInfo", error);
    guint8 *map;

    map = def != NULL ? virtcpu_handler_new_maps(1, args->map_bytes, error) : NULL;
    if (map == NULL) {
        return FALSE;
    }
    fill_map(conn, def->tune.emulator.cpus, def->tune.cpus, map, (gsize)args->map_bytes);
    ret->count = 1;
    ret->maps.maps_len = (unsigned)args->map_bytes;
    ret->maps.maps_val = (char *)map;
    return TRUE;
}

gboolean
virtcpu_handle_domain_add_iothread(VirtCpuConnection *conn, const rpc_domain_uint_flags_args *args,
                                   GError **error)
{
    return virtcpu_handler_check_flags(args->flags, VIRTCPU_CHANGE_IMPACT, "virDomainAddIOThread",
                                       error) &&
           virtcpu_driver_add_iothread(conn->driver, virtcpu_handler_uuid(&args->dom), args->value,
                                       args->flags, error);
}

gboolean
virtcpu_handle_domain_del_iothread(VirtCpuConnection *conn, const rpc_domain_uint_flags_args *args,
                                   GError **error)
{
    return virtcpu_handler_check_flags(args->flags, VIRTCPU_CHANGE_IMPACT, "virDomainDelIOThread",
                                       error) &&
           virtcpu_driver_delete_iothread(conn->driver, virtcpu_handler_uuid(&args->dom),
                                          args->value, args->flags, error);
}

static rpc_iothread *
add_iothread(rpc_iothreads_ret *ret, unsigned number)
{
    rpc_iothread *thread = &ret->list.list_val[ret->list.list_len++];

    thread->number = number;
    thread->map.map_val = g_malloc0(MAP_BYTES);
    thread->map.map_len = MAP_BYTES;
    return thread;
}

static gboolean
fill_live(VirtCpuConnection *conn, const rpc_domain *dom, rpc_iothreads_ret *ret, GError **error)
{
    g_autoptr(GArray) states =
        virtcpu_driver_iothreads(conn->driver, virtcpu_handler_uuid(dom), error);

    if (states == NULL) {
        return FALSE;
    }
    ret->list.list_val = g_new0(rpc_iothread, MAX(states->len, 1));
    for (guint i = 0; i < states->len; i++) {
        const VirtCpuIothreadState *state = &g_array_index(states, VirtCpuIothreadState, i);

        memcpy(add_iothread(ret, state->number)->map.map_val, state->affinity, MAP_BYTES);
    }
    return TRUE;
}

static void
fill_defined(VirtCpuConnection *conn, const VirtCpuTune *tune, rpc_iothreads_ret *ret)
{
    ret->list.list_val = g_new0(rpc_iothread, MAX(tune->iothreads->len, 1));
    for (guint i = 0; i < tune->iothreads->len; i++) {
        const VirtCpuThreadTune *thread = g_ptr_array_index(tune->iothreads, i);

        fill_map(conn, thread->cpus, tune->cpus,
                 (guint8 *)add_iothread(ret, thread->number)->map.map_val, MAP_BYTES);
    }
}

gboolean
virtcpu_handle_domain_get_iothread_info(VirtCpuConnection *conn, const rpc_domain_flags_args *args,
                                        rpc_iothreads_ret *ret, GError **error)
{
    g_autoptr(VirtCpuDomainDef) def = virtcpu_handler_definition(conn, &args->dom, args->flags, 0,
                                                                 "virDomainGetIOThreadInfo", error);

    if (def == NULL) {
        return FALSE;
    }
    if (def->id >= 0) {
        if (!fill_live(conn, &args->dom, ret, error)) {
            return FALSE;
        }
    } else {
        fill_defined(conn, &def->tune, ret);
    }
    ret->count = ret->list.list_len;
    return TRUE;
}
