/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/matrix-filler.h"

#include "conf/error.h"
#include "drivers/qemu/machine-models.h"

#include <errno.h>
#include <sys/resource.h>
#include <unistd.h>

/* A tenth of what a guest or a client's question gets where they compete; QEMUs inherit it. */
#define NICENESS 10

struct _VirtCpuQemuMatrixFiller {
    VirtCpuQemuCache *cache;
    GThread *thread;
    gboolean closing; /* atomic */

    GMutex lock; /* guards all below */
    GCond woken;
    gboolean poked;
};

static gboolean
is_closing(VirtCpuQemuMatrixFiller *filler)
{
    return g_atomic_int_get(&filler->closing) != 0;
}

/* A machine type that cannot be asked was logged by the store. */
static gboolean
learn(VirtCpuQemuMatrixFiller *filler, const VirtCpuQemuCaps *caps, const char *machine)
{
    g_autoptr(GError) error = NULL;

    if (virtcpu_qemu_matrix_store_learn(virtcpu_qemu_cache_matrices(filler->cache), caps, machine,
                                        &error)) {
        return TRUE;
    }
    if (g_error_matches(error, VIRTCPU_ERROR, VIRTCPU_ERR_OPERATION_ABORTED)) {
        g_atomic_int_set(&filler->closing, TRUE); /* the daemon ends */
    }
    return FALSE;
}

/* Ask what is not known of the QEMU that @caps describes. */
static void
fill(VirtCpuQemuMatrixFiller *filler, const VirtCpuQemuCaps *caps)
{
    VirtCpuQemuMatrixStore *store = virtcpu_qemu_cache_matrices(filler->cache);
    const char *type = virtcpu_virt_type_to_string(caps->virt_type);
    g_autoptr(VirtCpuQemuMatrix) matrix = virtcpu_qemu_matrix_store_get(store, caps, NULL);
    guint known = matrix != NULL ? virtcpu_qemu_matrix_size(matrix) : 0;

    if (matrix == NULL || known >= caps->machines->len) {
        return;
    }
    g_message("matrix of '%s' (%s): %u of %u machine types are known; asking for the others",
              caps->binary, type, known, caps->machines->len);
    for (guint i = 0; i < caps->machines->len && !is_closing(filler); i++) {
        const VirtCpuQemuMachine *machine = g_ptr_array_index(caps->machines, i);

        if (!virtcpu_qemu_matrix_has(matrix, machine->name) && learn(filler, caps, machine->name)) {
            g_info("matrix of '%s' (%s): %u/%u %s", caps->binary, type, ++known,
                   caps->machines->len, machine->name);
        }
    }
    virtcpu_qemu_matrix_store_save(store, caps);
    g_message("matrix of '%s' (%s): %u of %u machine types are known", caps->binary, type, known,
              caps->machines->len);
}

/* A binary that cannot be probed was logged by the cache; one that expands no models has no matrix.
 */
static void
fill_binary(VirtCpuQemuMatrixFiller *filler, const char *binary, VirtCpuVirtType virt_type)
{
    g_autoptr(VirtCpuQemuCaps) caps = NULL;

    if (!is_closing(filler)) {
        caps = virtcpu_qemu_cache_get(filler->cache, binary, virt_type, NULL);
    }
    if (caps != NULL && virtcpu_qemu_machine_models_can_ask(caps)) {
        fill(filler, caps);
    }
}

static void
fill_all(VirtCpuQemuMatrixFiller *filler)
{
    g_auto(GStrv) binaries = virtcpu_qemu_cache_binaries(filler->cache);

    for (gsize i = 0; binaries[i] != NULL; i++) {
        if (virtcpu_qemu_cache_has_kvm(filler->cache, binaries[i])) {
            fill_binary(filler, binaries[i], VIRTCPU_VIRT_KVM);
        }
        fill_binary(filler, binaries[i], VIRTCPU_VIRT_QEMU);
    }
}

static gpointer
run(gpointer data)
{
    VirtCpuQemuMatrixFiller *filler = data;

    /* of this thread only: Linux keeps it for each */
    if (setpriority(PRIO_PROCESS, (id_t)gettid(), NICENESS) != 0) {
        g_message("the matrix is filled at the daemon's own priority: %s", g_strerror(errno));
    }
    while (!is_closing(filler)) {
        fill_all(filler);
        g_mutex_lock(&filler->lock);
        while (!filler->poked && !is_closing(filler)) {
            g_cond_wait(&filler->woken, &filler->lock);
        }
        filler->poked = FALSE;
        g_mutex_unlock(&filler->lock);
    }
    return NULL;
}

VirtCpuQemuMatrixFiller *
virtcpu_qemu_matrix_filler_new(VirtCpuQemuCache *cache)
{
    VirtCpuQemuMatrixFiller *filler = g_new0(VirtCpuQemuMatrixFiller, 1);

    filler->cache = cache;
    g_mutex_init(&filler->lock);
    g_cond_init(&filler->woken);
    filler->thread = g_thread_new("matrix-filler", run, filler);
    return filler;
}

void
virtcpu_qemu_matrix_filler_poke(VirtCpuQemuMatrixFiller *filler)
{
    g_mutex_lock(&filler->lock);
    filler->poked = TRUE;
    g_cond_signal(&filler->woken);
    g_mutex_unlock(&filler->lock);
}

void
virtcpu_qemu_matrix_filler_free(VirtCpuQemuMatrixFiller *filler)
{
    if (filler == NULL) {
        return;
    }
    g_atomic_int_set(&filler->closing, TRUE);
    virtcpu_qemu_matrix_filler_poke(filler);
    g_thread_join(filler->thread);
    g_cond_clear(&filler->woken);
    g_mutex_clear(&filler->lock);
    g_free(filler);
}
