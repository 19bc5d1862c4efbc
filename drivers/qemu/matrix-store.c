/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/matrix-store.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/cache-document.h"
#include "drivers/qemu/failure.h"
#include "drivers/qemu/machine-models.h"

#include <errno.h>

#define SUFFIX ".matrix"
/* How often a matrix that is being filled is written, at most. */
#define WRITE_US G_TIME_SPAN_SECOND

/* What is known of one machine type beside the matrix. */
typedef struct {
    gboolean busy; /* a thread is asking; others wait for it */
    VirtCpuQemuFailure failure;
} Machine;

/* One binary under one virt type. Entries live as long as the store. */
typedef struct {
    char *identity; /* of the binary it was learnt from; NULL at first */
    VirtCpuQemuMatrix *matrix;
    GHashTable *machines; /* name to Machine */
    char *file_identity;  /* of the file when it was last read or written; NULL: never */
    gint64 written;       /* monotonic time of it */
    gboolean dirty;       /* memory knows more than the file */
} Entry;

struct _VirtCpuQemuMatrixStore {
    char *folder;
    VirtCpuQemuIdentities *identities; /* transfer none */
    char *fingerprint;
    unsigned timeout_ms;
    GCancellable *cancel;

    GMutex lock; /* guards all below */
    GCond changed;
    GHashTable *entries; /* path of the file to Entry */
};

/* One question: the entry for it, and what it depends on. */
typedef struct {
    VirtCpuQemuMatrixStore *store;
    const VirtCpuQemuCaps *caps;
    char *path;
    char *identity;
    VirtCpuQemuCacheKey key;
} Request;

static void
request_clear(Request *request)
{
    g_free(request->path);
    g_free(request->identity);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Request, request_clear)

static gboolean
request_init(Request *request, VirtCpuQemuMatrixStore *store, const VirtCpuQemuCaps *caps,
             GError **error)
{
    char *identity = virtcpu_qemu_identities_get(store->identities, caps->binary);

    if (identity == NULL) {
        virtcpu_error_set_errno(error, errno, _("Cannot check QEMU binary %s"), caps->binary);
        return FALSE;
    }
    *request = (Request){
        .store = store,
        .caps = caps,
        .identity = identity,
        .key = { caps->binary, caps->virt_type, identity, store->fingerprint },
    };
    request->path = virtcpu_qemu_cache_document_path(store->folder, &request->key, SUFFIX);
    return TRUE;
}

static void
machine_free(gpointer data)
{
    Machine *machine = data;

    virtcpu_qemu_failure_clear(&machine->failure);
    g_free(machine);
}

static void
entry_free(gpointer data)
{
    Entry *entry = data;

    g_free(entry->identity);
    g_free(entry->file_identity);
    virtcpu_qemu_matrix_free(entry->matrix);
    g_hash_table_unref(entry->machines);
    g_free(entry);
}

VirtCpuQemuMatrixStore *
virtcpu_qemu_matrix_store_new(const char *folder, VirtCpuQemuIdentities *identities,
                              const char *fingerprint, unsigned timeout_ms, GCancellable *cancel)
{
    VirtCpuQemuMatrixStore *store = g_new0(VirtCpuQemuMatrixStore, 1);

    store->folder = g_strdup(folder);
    store->identities = identities;
    store->fingerprint = g_strdup(fingerprint);
    store->timeout_ms = timeout_ms;
    store->cancel = cancel;
    g_mutex_init(&store->lock);
    g_cond_init(&store->changed);
    store->entries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, entry_free);
    return store;
}

void
virtcpu_qemu_matrix_store_free(VirtCpuQemuMatrixStore *store)
{
    if (store == NULL) {
        return;
    }
    g_hash_table_unref(store->entries);
    g_cond_clear(&store->changed);
    g_mutex_clear(&store->lock);
    g_free(store->folder);
    g_free(store->fingerprint);
    g_free(store);
}

/* ---- the file; a cache that cannot be read or written costs time only ---- */

/* Take in what the file knows, when another process wrote it. Under the lock. */
static void
entry_read(Entry *entry, const Request *request)
{
    g_autofree char *file_identity = virtcpu_qemu_identity_of_file(request->path);
    g_autoptr(VirtCpuJson) json = NULL;
    g_autoptr(VirtCpuQemuMatrix) matrix = NULL;
    g_autoptr(GError) trouble = NULL;

    if (file_identity == NULL || g_strcmp0(file_identity, entry->file_identity) == 0) {
        return;
    }
    g_free(entry->file_identity);
    entry->file_identity = g_steal_pointer(&file_identity);
    json = virtcpu_qemu_cache_document_read(request->path, &request->key, &trouble);
    if (json != NULL) {
        matrix = virtcpu_qemu_matrix_from_json(request->caps->models, json, &trouble);
    }
    if (matrix != NULL && virtcpu_qemu_matrix_size(entry->matrix) == 0) {
        virtcpu_qemu_matrix_free(entry->matrix);
        entry->matrix = g_steal_pointer(&matrix);
    } else if (matrix != NULL) {
        virtcpu_qemu_matrix_merge(entry->matrix, matrix);
    } else if (trouble != NULL) {
        g_message("dropped cache file '%s': %s", request->path, trouble->message);
    }
}

/* Under the lock. */
static void
entry_write(Entry *entry, const Request *request)
{
    g_autoptr(GError) trouble = NULL;

    entry_read(entry, request);
    entry->dirty = FALSE;
    entry->written = g_get_monotonic_time();
    if (!virtcpu_qemu_cache_document_write(request->path, &request->key,
                                           virtcpu_qemu_matrix_to_json(entry->matrix), &trouble)) {
        g_message("cannot keep cache file '%s': %s", request->path, trouble->message);
    }
    g_free(entry->file_identity);
    entry->file_identity = virtcpu_qemu_identity_of_file(request->path);
}

/* ---- one machine type ---- */

static void
forget_failure(gpointer name, gpointer machine, gpointer user_data)
{
    virtcpu_qemu_failure_clear(&((Machine *)machine)->failure);
}

/* The entry for the binary as it is now, made when missing. Under the lock. */
static Entry *
get_entry(const Request *request)
{
    Entry *entry = g_hash_table_lookup(request->store->entries, request->path);

    if (entry == NULL) {
        entry = g_new0(Entry, 1);
        entry->machines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, machine_free);
        g_hash_table_insert(request->store->entries, g_strdup(request->path), entry);
    }
    if (g_strcmp0(entry->identity, request->identity) != 0) {
        g_free(entry->identity);
        entry->identity = g_strdup(request->identity);
        virtcpu_qemu_matrix_free(entry->matrix);
        entry->matrix = virtcpu_qemu_matrix_new(request->caps->models);
        g_clear_pointer(&entry->file_identity, g_free);
        g_hash_table_foreach(entry->machines, forget_failure, NULL);
    }
    return entry;
}

/* Under the lock. */
static Machine *
get_machine(Entry *entry, const char *name)
{
    Machine *machine = g_hash_table_lookup(entry->machines, name);

    if (machine == NULL) {
        machine = g_new0(Machine, 1);
        g_hash_table_insert(entry->machines, g_strdup(name), machine);
    }
    return machine;
}

/* Ask with the lock let go, so that only those who want the same answer wait. */
static void
ask_unlocked(const Request *request, Machine *machine, const char *name)
{
    VirtCpuQemuMatrixStore *store = request->store;
    g_autoptr(VirtCpuJson) answers = NULL;
    GError *failure = NULL;
    Entry *entry;

    machine->busy = TRUE;
    g_mutex_unlock(&store->lock);
    answers = virtcpu_qemu_machine_models_ask(request->caps, name, store->timeout_ms, store->cancel,
                                              &failure);
    g_mutex_lock(&store->lock);
    machine->busy = FALSE;
    g_cond_broadcast(&store->changed);
    entry = get_entry(request);
    if (answers != NULL && virtcpu_qemu_matrix_add(entry->matrix, name, answers, &failure)) {
        virtcpu_qemu_failure_clear(&machine->failure);
        entry->dirty = TRUE;
    } else {
        virtcpu_qemu_failure_note(&machine->failure, failure);
    }
}

/* See that machine type @name is known. Returns the entry (transfer none). Under the lock, which
 * may be let go meanwhile. */
static Entry *
ensure(const Request *request, const char *name, GError **error)
{
    Entry *entry = get_entry(request);
    Machine *machine = get_machine(entry, name);

    while (machine->busy) {
        g_cond_wait(&request->store->changed, &request->store->lock);
    }
    entry = get_entry(request);
    if (!virtcpu_qemu_matrix_has(entry->matrix, name)) {
        entry_read(entry, request);
    }
    if (!virtcpu_qemu_matrix_has(entry->matrix, name) &&
        !virtcpu_qemu_failure_holds(&machine->failure)) {
        ask_unlocked(request, machine, name);
        entry = get_entry(request);
    }
    if (virtcpu_qemu_matrix_has(entry->matrix, name)) {
        return entry;
    }
    g_propagate_error(error, g_error_copy(machine->failure.error));
    return NULL;
}

/* @model's content as QEMU's answer once was (transfer full). */
static VirtCpuJson *
get_model(const Entry *entry, const Request *request, const char *machine, const char *model,
          GError **error)
{
    int cell = virtcpu_qemu_matrix_cell(entry->matrix, machine, model);
    const char *refusal = virtcpu_qemu_matrix_refusal(entry->matrix, machine, model);
    VirtCpuJson *json;

    if (cell == VIRTCPU_QEMU_MATRIX_NONE) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("QEMU binary '%s' does not say what CPU model '%s' contains under "
                            "machine type '%s': %s"),
                          request->caps->binary, model, machine,
                          refusal != NULL ? refusal : _("it has no such model"));
        return NULL;
    }
    json = virtcpu_json_new_object();
    virtcpu_json_set_string(json, "name", model);
    virtcpu_json_set(json, "props", virtcpu_qemu_matrix_props(entry->matrix, (guint)cell));
    return json;
}

/* Likewise, asked when it is not known (transfer full). */
static VirtCpuJson *
find_model(VirtCpuQemuMatrixStore *store, const VirtCpuQemuCaps *caps, const char *machine,
           const char *model, GError **error)
{
    const VirtCpuQemuMachine *known = virtcpu_qemu_caps_machine(caps, machine);
    g_auto(Request) request = { 0 };
    VirtCpuJson *json = NULL;
    Entry *entry;

    if (known == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("Emulator '%s' does not support machine type '%s'"), caps->binary,
                          machine);
        return NULL;
    }
    if (!request_init(&request, store, caps, error)) {
        return NULL;
    }
    g_mutex_lock(&store->lock);
    entry = ensure(&request, known->name, error);
    if (entry != NULL) {
        if (entry->dirty) {
            entry_write(entry, &request);
        }
        json = get_model(entry, &request, known->name, model, error);
    }
    g_mutex_unlock(&store->lock);
    return json;
}

VirtCpuData *
virtcpu_qemu_matrix_store_content(VirtCpuQemuMatrixStore *store, const VirtCpuQemuCaps *caps,
                                  const char *machine, const char *model, GError **error)
{
    g_autoptr(VirtCpuJson) json = find_model(store, caps, machine, model, error);

    return json != NULL ? virtcpu_cpu_data_from_expansion(caps->arch, json, error) : NULL;
}

VirtCpuJson *
virtcpu_qemu_matrix_store_props(VirtCpuQemuMatrixStore *store, const VirtCpuQemuCaps *caps,
                                const char *machine, const char *model, GError **error)
{
    g_autoptr(VirtCpuJson) json = find_model(store, caps, machine, model, error);

    return json != NULL ? virtcpu_json_take(json, "props") : NULL;
}

/* ---- many ---- */

/* While many are asked. Under the lock. */
static void
write_sometimes(Entry *entry, const Request *request)
{
    if (entry->dirty && g_get_monotonic_time() - entry->written >= WRITE_US) {
        entry_write(entry, request);
    }
}

gboolean
virtcpu_qemu_matrix_store_learn(VirtCpuQemuMatrixStore *store, const VirtCpuQemuCaps *caps,
                                const char *machine, GError **error)
{
    g_auto(Request) request = { 0 };
    g_autoptr(GMutexLocker) locker = NULL;
    Entry *entry;

    if (!request_init(&request, store, caps, error)) {
        return FALSE;
    }
    locker = g_mutex_locker_new(&store->lock);
    entry = ensure(&request, machine, error);
    if (entry != NULL) {
        write_sometimes(entry, &request);
    }
    return entry != NULL;
}

static void
save(const Request *request)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&request->store->lock);
    Entry *entry = get_entry(request);

    if (entry->dirty) {
        entry_write(entry, request);
    }
}

void
virtcpu_qemu_matrix_store_save(VirtCpuQemuMatrixStore *store, const VirtCpuQemuCaps *caps)
{
    g_auto(Request) request = { 0 };

    if (request_init(&request, store, caps, NULL)) {
        save(&request);
    }
}

void
virtcpu_qemu_matrix_store_forget(VirtCpuQemuMatrixStore *store, const char *binary)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&store->lock);

    for (int type = 0; type < VIRTCPU_VIRT_LAST; type++) {
        const VirtCpuQemuCacheKey key = { .binary = binary, .virt_type = (VirtCpuVirtType)type };
        g_autofree char *path = virtcpu_qemu_cache_document_path(store->folder, &key, SUFFIX);
        Entry *entry = g_hash_table_lookup(store->entries, path);

        if (entry != NULL) {
            g_clear_pointer(&entry->identity, g_free); /* as for another binary */
            entry->dirty = FALSE;
        }
    }
}

/* A matrix being filled. */
typedef struct {
    const Request *request;
    GCancellable *cancel;
    VirtCpuQemuMatrixFunc func;
    gpointer user_data;
    guint done, total; /* under the store's lock */
} Filling;

static void
fill_one(gpointer data, gpointer user_data)
{
    Filling *filling = user_data;
    const Request *request = filling->request;
    g_autofree char *name = data;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&request->store->lock);
    g_autoptr(GError) failure = NULL;
    Entry *entry;

    if (g_cancellable_is_cancelled(filling->cancel)) {
        return;
    }
    entry = ensure(request, name, &failure);
    if (entry != NULL) {
        write_sometimes(entry, request);
    }
    filling->done++;
    if (filling->func != NULL) {
        filling->func(name, filling->done, filling->total, failure, filling->user_data);
    }
}

void
virtcpu_qemu_matrix_store_fill(VirtCpuQemuMatrixStore *store, const VirtCpuQemuCaps *caps,
                               const char *const *machines, VirtCpuQemuMatrixFunc func,
                               gpointer user_data, GCancellable *cancel)
{
    g_auto(Request) request = { 0 };
    Filling filling = {
        .request = &request,
        .cancel = cancel,
        .func = func,
        .user_data = user_data,
    };
    GThreadPool *pool;

    if (!request_init(&request, store, caps, NULL)) {
        return;
    }
    while (machines[filling.total] != NULL) {
        filling.total++;
    }
    pool = g_thread_pool_new(fill_one, &filling, (int)g_get_num_processors(), FALSE, NULL);
    for (guint i = 0; i < filling.total; i++) {
        g_thread_pool_push(pool, g_strdup(machines[i]), NULL);
    }
    g_thread_pool_free(pool, FALSE, TRUE);
    save(&request);
}

VirtCpuQemuMatrix *
virtcpu_qemu_matrix_store_get(VirtCpuQemuMatrixStore *store, const VirtCpuQemuCaps *caps,
                              GError **error)
{
    g_auto(Request) request = { 0 };
    VirtCpuQemuMatrix *copy;
    Entry *entry;

    if (!request_init(&request, store, caps, error)) {
        return NULL;
    }
    copy = virtcpu_qemu_matrix_new(caps->models);
    g_mutex_lock(&store->lock);
    entry = get_entry(&request);
    entry_read(entry, &request);
    virtcpu_qemu_matrix_merge(copy, entry->matrix);
    g_mutex_unlock(&store->lock);
    return copy;
}
