/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/args-priv.h"

char *
virtcpu_args_iothread_name(unsigned number)
{
    return g_strdup_printf("iothread%u", number);
}

VirtCpuJson *
virtcpu_args_iothread(const VirtCpuThreadTune *thread)
{
    g_autofree char *name = virtcpu_args_iothread_name(thread->number);
    VirtCpuJson *object = virtcpu_json_new_object();

    virtcpu_json_set_string(object, "qom-type", "iothread");
    virtcpu_json_set_string(object, "id", name);
    if (thread->pool_min >= 0) {
        virtcpu_json_set_int(object, "thread-pool-min", thread->pool_min);
    }
    if (thread->pool_max >= 0) {
        virtcpu_json_set_int(object, "thread-pool-max", thread->pool_max);
    }
    return object;
}

void
virtcpu_args_iothreads(VirtCpuArgs *args)
{
    const GPtrArray *iothreads = args->input->def->tune.iothreads;

    for (guint i = 0; i < iothreads->len; i++) {
        virtcpu_args_add_json(args, "-object",
                              virtcpu_args_iothread(g_ptr_array_index(iothreads, i)));
    }
}
