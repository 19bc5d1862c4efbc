/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/cache-guests.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/cache-priv.h"
#include "drivers/qemu/guest-proof.h"

#include <errno.h>

#define SUFFIX ".guests"
/* How often a matrix that is being filled is written, at most. */
#define WRITE_US G_TIME_SPAN_SECOND
/* One guest: an order of magnitude more than one takes on a machine that is busy. */
#define GUEST_MS 30000

/* A question under way. */
typedef struct {
    VirtCpuQemuCache *cache;
    const VirtCpuQemuCaps *caps;
    const VirtCpuQemuMatrixWish *wish;
    char *identity, *path;
    VirtCpuQemuCacheKey key;

    GMutex lock; /* guards all below */
    VirtCpuQemuMatrix *matrix;
    GError *failure; /* what stands in the way of every guest; NULL: nothing */
    guint done, total;
    gint64 written; /* monotonic time */
    gboolean dirty;
} Filling;

/* One guest to run. */
typedef struct {
    const char *machine, *model;
} Cell;

static void
filling_clear(Filling *filling)
{
    g_free(filling->identity);
    g_free(filling->path);
    virtcpu_qemu_matrix_free(filling->matrix);
    g_clear_error(&filling->failure);
    g_mutex_clear(&filling->lock);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Filling, filling_clear)

/* ---- the file; a cache that cannot be read or written costs time only ---- */

/* Take in what the file knows. Under the lock. */
static void
read_file(Filling *filling)
{
    g_autoptr(GError) trouble = NULL;
    g_autoptr(VirtCpuJson) json =
        virtcpu_qemu_cache_document_read(filling->path, &filling->key, &trouble);
    g_autoptr(VirtCpuQemuMatrix) matrix =
        json != NULL ? virtcpu_qemu_matrix_from_json(filling->caps->models, json, &trouble) : NULL;

    if (matrix != NULL) {
        virtcpu_qemu_matrix_merge(filling->matrix, matrix);
    } else if (trouble != NULL) {
        g_message("dropped cache file '%s': %s", filling->path, trouble->message);
    }
}

/* With what another process learnt meanwhile. Under the lock. */
static void
write_file(Filling *filling)
{
    g_autoptr(GError) trouble = NULL;

    read_file(filling);
    filling->dirty = FALSE;
    filling->written = g_get_monotonic_time();
    if (!virtcpu_qemu_cache_document_write(
            filling->path, &filling->key, virtcpu_qemu_matrix_to_json(filling->matrix), &trouble)) {
        g_message("cannot keep cache file '%s': %s", filling->path, trouble->message);
    }
}

static gboolean
filling_init(Filling *filling, GError **error)
{
    g_mutex_init(&filling->lock);
    filling->matrix = virtcpu_qemu_matrix_new(filling->caps->models);
    filling->identity =
        virtcpu_qemu_identities_get(filling->cache->identities, filling->caps->binary);
    if (filling->identity == NULL) {
        virtcpu_error_set_errno(error, errno, _("Cannot check QEMU binary %s"),
                                filling->caps->binary);
        return FALSE;
    }
    filling->key = (VirtCpuQemuCacheKey){ filling->caps->binary, filling->caps->virt_type,
                                          filling->identity, filling->cache->fingerprint };
    filling->path = virtcpu_qemu_cache_document_path(filling->cache->folder, &filling->key, SUFFIX);
    read_file(filling);
    return TRUE;
}

/* ---- one guest ---- */

static void
add_value(VirtCpuJson *props, const char *name, guint64 value)
{
    g_autofree char *text = g_strdup_printf("0x%" G_GINT64_MODIFIER "x", value);

    if (value != 0) {
        virtcpu_json_set_string(props, name, text);
    }
}

static VirtCpuJson *
to_props(const VirtCpuGuestVcpu *vcpu)
{
    VirtCpuJson *props = virtcpu_json_new_object();

    for (guint i = 0; i < vcpu->leaves->len; i++) {
        const VirtCpuGuestLeaf *leaf = &g_array_index(vcpu->leaves, VirtCpuGuestLeaf, i);

        for (VirtCpuRegister reg = VIRTCPU_REGISTER_EAX; reg <= VIRTCPU_REGISTER_EDX; reg++) {
            g_autofree char *name = g_strdup_printf("0x%x.%u.%s", leaf->leaf, leaf->subleaf,
                                                    virtcpu_register_to_string(reg));

            add_value(props, name, leaf->values[reg]);
        }
    }
    for (guint i = 0; i < vcpu->msrs->len; i++) {
        const VirtCpuGuestMsr *msr = &g_array_index(vcpu->msrs, VirtCpuGuestMsr, i);
        g_autofree char *name = g_strdup_printf("msr.0x%x", msr->index);

        add_value(props, name, msr->value);
    }
    return props;
}

/* A guest of one vCPU with nothing but that (transfer full). */
static VirtCpuDomainDef *
make_domain(const VirtCpuQemuCaps *caps, const char *machine)
{
    VirtCpuDomainDef *def = virtcpu_domain_def_new();

    def->name = g_strdup("matrix");
    def->virt_type = caps->virt_type;
    def->arch = caps->arch;
    def->emulator = g_strdup(caps->binary);
    def->machine = g_strdup(machine);
    def->max_vcpus = def->vcpus = 1;
    return def;
}

static gboolean
run_guest(const Filling *filling, const Cell *cell, VirtCpuGuestProof *proof, GError **error)
{
    g_autoptr(VirtCpuDomainDef) def = make_domain(filling->caps, cell->machine);
    g_autoptr(VirtCpuDef) cpu = virtcpu_def_new(VIRTCPU_DEF_GUEST);
    const VirtCpuGuestInput input = {
        .def = def,
        .caps = filling->caps,
        .cpu = cpu,
        .unasked = TRUE,
        .timeout_ms = GUEST_MS,
        .cancel = filling->cache->cancel,
    };

    cpu->mode = VIRTCPU_MODE_CUSTOM;
    cpu->model = g_strdup(cell->model);
    return virtcpu_guest_proof_run(&input, proof, error);
}

/* Put what came of it into the matrix; what QEMU did not decide is left for another time. Under the
 * lock. */
static void
keep(Filling *filling, const Cell *cell, const VirtCpuGuestProof *proof, const GError *failure)
{
    g_autoptr(VirtCpuJson) props = NULL;

    if (failure == NULL) {
        props = to_props(g_ptr_array_index(proof->sees, 0));
    } else if (proof->end == NULL) {
        if (filling->failure == NULL &&
            g_error_matches(failure, VIRTCPU_ERROR, VIRTCPU_ERR_NO_SUPPORT)) {
            filling->failure = g_error_copy(failure);
        }
        return;
    }
    virtcpu_qemu_matrix_set(filling->matrix, cell->machine, cell->model, props, proof->end);
    filling->dirty = TRUE;
    if (g_get_monotonic_time() - filling->written >= WRITE_US) {
        write_file(filling);
    }
}

static gboolean
is_hopeless(Filling *filling)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&filling->lock);

    return filling->failure != NULL;
}

static void
fill_one(gpointer data, gpointer user_data)
{
    Filling *filling = user_data;
    const VirtCpuQemuMatrixWish *wish = filling->wish;
    g_autofree Cell *cell = data;
    g_autofree char *name = g_strdup_printf("%s %s", cell->machine, cell->model);
    g_auto(VirtCpuGuestProof) proof = { 0 };
    g_autoptr(GError) failure = NULL;
    g_autoptr(GMutexLocker) locker = NULL;

    if (g_cancellable_is_cancelled(wish->cancel) || is_hopeless(filling)) {
        return;
    }
    if (!run_guest(filling, cell, &proof, &failure)) {
        g_debug("%s: %s", name, failure->message);
    }
    locker = g_mutex_locker_new(&filling->lock);
    keep(filling, cell, &proof, failure);
    filling->done++;
    if (wish->func != NULL) {
        wish->func(name, filling->done, filling->total, proof.end == NULL ? failure : NULL,
                   wish->user_data);
    }
}

/* ---- all of them ---- */

static gboolean
is_wanted(const Filling *filling, const char *model)
{
    return filling->wish->pattern == NULL || g_pattern_match_simple(filling->wish->pattern, model);
}

/* Cells of @machines that are meant and, with @open, not known yet (of Cell; transfer full, without
 * a free function). */
static GPtrArray *
list_cells(const Filling *filling, const GPtrArray *machines, gboolean open)
{
    GPtrArray *cells = g_ptr_array_new();

    for (guint i = 0; i < machines->len; i++) {
        for (guint k = 0; k < filling->caps->models->len; k++) {
            const VirtCpuHvModel *model = g_ptr_array_index(filling->caps->models, k);
            const char *machine = g_ptr_array_index(machines, i);

            if (is_wanted(filling, model->name) &&
                !(open && virtcpu_qemu_matrix_knows(filling->matrix, machine, model->name))) {
                Cell *cell = g_new(Cell, 1);

                *cell = (Cell){ machine, model->name };
                g_ptr_array_add(cells, cell);
            }
        }
    }
    return cells;
}

static gboolean
fill(Filling *filling, const GPtrArray *machines, GError **error)
{
    g_autoptr(GPtrArray) cells = list_cells(filling, machines, TRUE);
    GThreadPool *pool =
        g_thread_pool_new(fill_one, filling, (int)g_get_num_processors(), FALSE, NULL);

    filling->total = cells->len;
    for (guint i = 0; i < cells->len; i++) {
        g_thread_pool_push(pool, g_ptr_array_index(cells, i), NULL);
    }
    g_thread_pool_free(pool, FALSE, TRUE);
    if (filling->dirty) {
        write_file(filling);
    }
    if (g_cancellable_is_cancelled(filling->wish->cancel)) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_ABORTED,
                          _("The filling of the matrix was cancelled; what was learnt is kept."));
        return FALSE;
    }
    if (filling->failure != NULL) {
        g_propagate_error(error, g_steal_pointer(&filling->failure));
        return FALSE;
    }
    return TRUE;
}

/* How many cells of @machines are known; 0 is an error. @count: how many are meant. */
static guint
count_known(const Filling *filling, const GPtrArray *machines, guint *count, GError **error)
{
    g_autoptr(GPtrArray) all = list_cells(filling, machines, FALSE);
    guint known = 0;

    g_ptr_array_set_free_func(all, g_free);
    for (guint i = 0; i < all->len; i++) {
        const Cell *cell = g_ptr_array_index(all, i);

        known += virtcpu_qemu_matrix_knows(filling->matrix, cell->machine, cell->model) ? 1 : 0;
    }
    if (known == 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID,
                          _("Of none of these machine types and models it is known what guests "
                            "see."));
    }
    *count = all->len;
    return known;
}

VirtCpuJson *
virtcpu_qemu_cache_guests(VirtCpuQemuCache *cache, const VirtCpuQemuCaps *caps,
                          const VirtCpuQemuMatrixWish *wish, guint *known, guint *count,
                          GError **error)
{
    g_autoptr(GPtrArray) machines = virtcpu_qemu_matrix_choose(caps, wish->machines, error);
    g_auto(Filling) filling = { .cache = cache, .caps = caps, .wish = wish };
    guint meant = 0;
    guint have;

    if (!filling_init(&filling, machines != NULL ? error : NULL) || machines == NULL ||
        (wish->ask && !fill(&filling, machines, error)) ||
        (have = count_known(&filling, machines, &meant, error)) == 0) {
        return NULL;
    }
    if (known != NULL) {
        *known = have;
    }
    if (count != NULL) {
        *count = meant;
    }
    return virtcpu_qemu_matrix_to_document(filling.matrix, caps, machines, wish->pattern);
}
