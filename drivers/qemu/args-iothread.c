/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/args-priv.h"

char *
virtcpu_args_iothread_name(unsigned number)
{
    return g_strdup_printf("iothread%u", number);
}

void
virtcpu_args_iothreads(VirtCpuArgs *args)
{
    const GPtrArray *iothreads = args->input->def->tune.iothreads;

    for (guint i = 0; i < iothreads->len; i++) {
        const VirtCpuThreadTune *thread = g_ptr_array_index(iothreads, i);
        g_autofree char *name = virtcpu_args_iothread_name(thread->number);
        VirtCpuJson *object = virtcpu_json_new_object();

        virtcpu_json_set_string(object, "qom-type", "iothread");
        virtcpu_json_set_string(object, "id", name);
        virtcpu_args_add_json(args, "-object", object);
    }
}
