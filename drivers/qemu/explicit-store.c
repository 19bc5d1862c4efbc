/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/explicit-store.h"

#include "drivers/qemu/failure.h"

/* More CPUs than these are not kept: a line has some 2 KiB. */
#define MAX_ENTRIES 256

/* One CPU, known or being asked. */
typedef struct {
    VirtCpuQemuCaps *caps; /* that it was asked with: other ones, other answer */
    VirtCpuExplicitCpu *cpu;
    gboolean busy;
    VirtCpuQemuFailure failure;
} Entry;

struct _VirtCpuExplicitStore {
    VirtCpuQemuMatrixStore *matrices;
    unsigned timeout_ms;
    GCancellable *cancel;
    GMutex lock; /* guards all below */
    GCond changed;
    GHashTable *entries; /* make_key to Entry */
};

static void
clear_cpu(gpointer data)
{
    VirtCpuExplicitCpu *cpu = data;

    virtcpu_cpu_line_clear(&cpu->line);
    g_free(cpu->version);
    virtcpu_json_free(cpu->own);
    virtcpu_json_free(cpu->props);
}

VirtCpuExplicitCpu *
virtcpu_explicit_cpu_new(const char *version, VirtCpuJson *props)
{
    VirtCpuExplicitCpu *cpu = g_atomic_rc_box_new0(VirtCpuExplicitCpu);

    cpu->version = g_strdup(version);
    cpu->props = props;
    return cpu;
}

VirtCpuExplicitCpu *
virtcpu_explicit_cpu_ref(VirtCpuExplicitCpu *cpu)
{
    return g_atomic_rc_box_acquire(cpu);
}

void
virtcpu_explicit_cpu_unref(VirtCpuExplicitCpu *cpu)
{
    if (cpu != NULL) {
        g_atomic_rc_box_release_full(cpu, clear_cpu);
    }
}

static void
entry_free(gpointer data)
{
    Entry *entry = data;

    virtcpu_qemu_caps_unref(entry->caps);
    virtcpu_explicit_cpu_unref(entry->cpu);
    virtcpu_qemu_failure_clear(&entry->failure);
    g_free(entry);
}

VirtCpuExplicitStore *
virtcpu_explicit_store_new(VirtCpuQemuMatrixStore *matrices, unsigned timeout_ms,
                           GCancellable *cancel)
{
    VirtCpuExplicitStore *store = g_new0(VirtCpuExplicitStore, 1);

    store->matrices = matrices;
    store->timeout_ms = timeout_ms;
    store->cancel = cancel;
    g_mutex_init(&store->lock);
    g_cond_init(&store->changed);
    store->entries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, entry_free);
    return store;
}

void
virtcpu_explicit_store_free(VirtCpuExplicitStore *store)
{
    if (store == NULL) {
        return;
    }
    g_hash_table_unref(store->entries);
    g_mutex_clear(&store->lock);
    g_cond_clear(&store->changed);
    g_free(store);
}

/* All that the answer depends on but the state of the binary, which its capabilities stand for. */
static char *
make_key(const VirtCpuArgsInput *input)
{
    g_autoptr(VirtCpuJson) properties = virtcpu_args_cpu_properties(input);
    g_autofree char *text = virtcpu_json_format(properties, FALSE);

    return g_strjoin("\n", virtcpu_virt_type_to_string(input->caps->virt_type), input->caps->binary,
                     input->def->machine, input->cpu->model, text, NULL);
}

static gboolean
is_idle(gpointer key, gpointer value, gpointer user_data)
{
    return !((const Entry *)value)->busy;
}

/* The entry at @key (transfer none), as good as new when the binary changed. */
static Entry *
get_entry(VirtCpuExplicitStore *store, const char *key, VirtCpuQemuCaps *caps)
{
    Entry *entry = g_hash_table_lookup(store->entries, key);

    if (entry == NULL) {
        if (g_hash_table_size(store->entries) >= MAX_ENTRIES) {
            g_hash_table_foreach_remove(store->entries, is_idle, NULL);
        }
        entry = g_new0(Entry, 1);
        g_hash_table_insert(store->entries, g_strdup(key), entry);
    }
    if (entry->caps != caps && !entry->busy) {
        virtcpu_qemu_caps_unref(entry->caps);
        entry->caps = virtcpu_qemu_caps_ref(caps);
        g_clear_pointer(&entry->cpu, virtcpu_explicit_cpu_unref);
        virtcpu_qemu_failure_clear(&entry->failure);
    }
    return entry;
}

/* Where properties are looked up. */
typedef struct {
    VirtCpuExplicitStore *store;
    const VirtCpuArgsInput *input;
} Lookup;

static VirtCpuJson *
get_from_matrix(guint index, const char *model, gpointer user_data, GError **error)
{
    const Lookup *lookup = user_data;

    return virtcpu_qemu_matrix_store_props(lookup->store->matrices, lookup->input->caps,
                                           lookup->input->def->machine, model, error);
}

/* The content of the CPU of @input: a model as it is has it in the matrix, which is asked once for
 * all and kept on disk. What that cannot tell, for all of its models were asked in one go, a QEMU
 * of its own may. */
static VirtCpuExplicitContent *
get_content(VirtCpuExplicitStore *store, const VirtCpuArgsInput *input, GError **error)
{
    g_autoptr(VirtCpuJson) changes = virtcpu_args_cpu_properties(input);
    Lookup lookup = { store, input };
    VirtCpuExplicitContent *content =
        virtcpu_json_size(changes) == 0
            ? virtcpu_explicit_content_new(input, get_from_matrix, &lookup, NULL)
            : NULL;

    return content != NULL ? content
                           : virtcpu_explicit_ask(input, store->timeout_ms, store->cancel, error);
}

static VirtCpuExplicitCpu *
ask(VirtCpuExplicitStore *store, const VirtCpuArgsInput *input, GError **error)
{
    g_autoptr(VirtCpuExplicitContent) content = get_content(store, input, error);
    g_autoptr(VirtCpuExplicitCpu) cpu = NULL;
    VirtCpuExplicitInput own;

    if (content == NULL) {
        return NULL;
    }
    own = (VirtCpuExplicitInput){
        .caps = input->caps,
        .model = content->version,
        .props = content->plain,
        .bare = content->named,
    };
    cpu = virtcpu_explicit_cpu_new(content->version, NULL);
    cpu->own = virtcpu_explicit_difference(&own, error);
    if (cpu->own == NULL ||
        !virtcpu_explicit_content_write(content, input->caps, &cpu->line, error)) {
        return NULL;
    }
    cpu->props = g_steal_pointer(&content->props);
    return g_steal_pointer(&cpu);
}

/* Under the lock, which is let go meanwhile. */
static void
ask_unlocked(VirtCpuExplicitStore *store, Entry *entry, const VirtCpuArgsInput *input)
{
    VirtCpuExplicitCpu *cpu;
    GError *failure = NULL;

    entry->busy = TRUE;
    g_mutex_unlock(&store->lock);
    cpu = ask(store, input, &failure);
    g_mutex_lock(&store->lock);
    entry->busy = FALSE;
    g_cond_broadcast(&store->changed);
    if (cpu != NULL) {
        entry->cpu = cpu;
        virtcpu_qemu_failure_clear(&entry->failure);
    } else {
        virtcpu_qemu_failure_note(&entry->failure, failure);
    }
}

VirtCpuExplicitCpu *
virtcpu_explicit_store_get(VirtCpuExplicitStore *store, VirtCpuQemuCaps *caps,
                           const VirtCpuArgsInput *input, GError **error)
{
    g_autofree char *key = make_key(input);
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&store->lock);
    Entry *entry = get_entry(store, key, caps);

    while (entry->busy) {
        g_cond_wait(&store->changed, &store->lock);
        entry = get_entry(store, key, caps);
    }
    if (entry->cpu == NULL && !virtcpu_qemu_failure_holds(&entry->failure)) {
        ask_unlocked(store, entry, input);
    }
    if (entry->cpu == NULL) {
        g_propagate_error(error, g_error_copy(entry->failure.error));
        return NULL;
    }
    return g_atomic_rc_box_acquire(entry->cpu);
}

/* What is remembered at @key (transfer full), or NULL. */
static VirtCpuExplicitCpu *
recall(VirtCpuExplicitStore *store, const char *key, VirtCpuQemuCaps *caps)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&store->lock);
    Entry *entry = get_entry(store, key, caps);

    return entry->cpu != NULL ? g_atomic_rc_box_acquire(entry->cpu) : NULL;
}

static void
remember(VirtCpuExplicitStore *store, const char *key, VirtCpuQemuCaps *caps,
         VirtCpuExplicitCpu *cpu)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&store->lock);
    Entry *entry = get_entry(store, key, caps);

    virtcpu_explicit_cpu_unref(entry->cpu);
    entry->cpu = g_atomic_rc_box_acquire(cpu);
}

VirtCpuExplicitCpu *
virtcpu_explicit_store_model(VirtCpuExplicitStore *store, VirtCpuQemuCaps *caps,
                             const char *machine, const char *model, GError **error)
{
    g_autofree char *key = g_strjoin("\n", "model", virtcpu_virt_type_to_string(caps->virt_type),
                                     caps->binary, machine, model, NULL);
    VirtCpuExplicitCpu *cpu = recall(store, key, caps);
    VirtCpuJson *props;

    if (cpu != NULL) {
        return cpu;
    }
    props = virtcpu_qemu_matrix_store_props(store->matrices, caps, machine, model, error);
    if (props != NULL) {
        cpu = virtcpu_explicit_cpu_new(model, props);
        remember(store, key, caps, cpu);
    }
    return cpu;
}
