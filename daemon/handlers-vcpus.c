/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vCPUs, and the CPUs of the host they may run on. */
#include "daemon/handler.h"

#include <string.h>

/* virVcpuState: QEMU tells no more than that a vCPU is there. */
#define VCPU_RUNNING 1

gboolean
virtcpu_handle_domain_get_vcpus(VirtCpuConnection *conn, const rpc_vcpus_args *args,
                                rpc_vcpus_ret *ret, GError **error)
{
    g_autofree guint8 *maps = virtcpu_handler_new_maps(args->max_vcpus, args->map_bytes, error);
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
    ret->maps.maps_val = (char *)g_steal_pointer(&maps);
    return TRUE;
}
