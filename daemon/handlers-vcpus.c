/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vCPUs, and the CPUs of the host they may run on. */
#include "daemon/handler.h"

#include <string.h>

/* virVcpuState: QEMU tells no more than that a vCPU is there. */
#define VCPU_RUNNING 1

/* Room for @count maps of @bytes each, checked against the protocol's limits (transfer full). NULL
 * with @error set when they are exceeded. */
static char *
new_maps(int count, int bytes, GError **error)
{
    if (count < 0 || count > RPC_VCPUS_MAX || bytes < 0 ||
        (gint64)count * bytes > RPC_CPUMAPS_MAX) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("%d CPU maps of %d bytes are more than the protocol can carry"), count,
                          bytes);
        return NULL;
    }
    return g_malloc0(MAX((gsize)count * (gsize)bytes, 1));
}

gboolean
virtcpu_handle_domain_get_vcpus(VirtCpuConnection *conn, const rpc_vcpus_args *args,
                                rpc_vcpus_ret *ret, GError **error)
{
    g_autofree char *maps = new_maps(args->max_vcpus, args->map_bytes, error);
    g_autoptr(GArray) vcpus =
        maps != NULL ? virtcpu_driver_vcpus(conn->driver, virtcpu_handler_uuid(&args->dom), error)
                     : NULL;
    const gsize map_bytes = (gsize)args->map_bytes;

    if (vcpus == NULL) {
        return FALSE;
    }
    ret->vcpus.vcpus_len = MIN(vcpus->len, (unsigned)args->max_vcpus);
    ret->vcpus.vcpus_val = g_new0(rpc_vcpu, MAX(ret->vcpus.vcpus_len, 1));
    for (unsigned i = 0; i < ret->vcpus.vcpus_len; i++) {
        const VirtCpuVcpuState *vcpu = &g_array_index(vcpus, VirtCpuVcpuState, i);

        ret->vcpus.vcpus_val[i] = (rpc_vcpu){
            .number = vcpu->number,
            .state = VCPU_RUNNING,
            .cpu_time_ns = vcpu->cpu_time_ns,
            .cpu = vcpu->host_cpu,
        };
        memcpy(maps + i * map_bytes, vcpu->affinity, MIN(map_bytes, sizeof(vcpu->affinity)));
    }
    ret->maps.maps_len = (unsigned)args->max_vcpus * (unsigned)args->map_bytes;
    ret->maps.maps_val = g_steal_pointer(&maps);
    return TRUE;
}

/* No definition can pin a vCPU, so each may run wherever the host has a CPU online. */
static void
fill_online(char *map, gsize bytes, const VirtCpuHost *host)
{
    for (guint i = 0; i < host->cpus->len; i++) {
        const VirtCpuHostCpu *cpu = host->cpus->pdata[i];

        if (cpu->online && cpu->id / 8 < bytes) {
            map[cpu->id / 8] |= (char)(1u << (cpu->id % 8));
        }
    }
}

gboolean
virtcpu_handle_domain_get_vcpu_pin_info(VirtCpuConnection *conn, const rpc_vcpu_pins_args *args,
                                        rpc_vcpu_pins_ret *ret, GError **error)
{
    g_auto(VirtCpuDomainInfo) info = { 0 };
    g_autofree char *maps = NULL;
    gboolean config;

    if (!virtcpu_handler_check_flags(args->flags, VIRTCPU_AFFECT_LIVE | VIRTCPU_AFFECT_CONFIG,
                                     "virDomainGetVcpuPinInfo", error) ||
        !virtcpu_handler_info(conn, &args->dom, &info, error) ||
        !virtcpu_handler_choose_definition(&info, args->flags, &config, error)) {
        return FALSE;
    }
    maps = new_maps(args->max_maps, args->map_bytes, error);
    if (maps == NULL) {
        return FALSE;
    }
    ret->count = MIN((int)(config ? info.config_max_vcpus : info.max_vcpus), args->max_maps);
    for (int i = 0; i < ret->count; i++) {
        fill_online(maps + (gsize)i * (gsize)args->map_bytes, (gsize)args->map_bytes,
                    virtcpu_driver_host(conn->driver));
    }
    ret->maps.maps_len = (unsigned)args->max_maps * (unsigned)args->map_bytes;
    ret->maps.maps_val = g_steal_pointer(&maps);
    return TRUE;
}
