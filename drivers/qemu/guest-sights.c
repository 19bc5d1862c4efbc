/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/guest-sights.h"

#include "drivers/qemu/failure.h"

/* More CPUs than these are not kept: one has some 5 KiB. */
#define MAX_ENTRIES 512

/* One CPU, seen or being looked at. */
typedef struct {
    VirtCpuQemuCaps *caps; /* of the QEMU that was asked: other ones, other answer */
    VirtCpuData *sees;
    gboolean busy;
    VirtCpuQemuFailure failure;
} Entry;

struct _VirtCpuGuestSights {
    GCancellable *cancel;
    GMutex lock; /* guards all below */
    GCond changed;
    GHashTable *entries; /* make_key to Entry */
};

static void
entry_free(gpointer data)
{
    Entry *entry = data;

    virtcpu_qemu_caps_unref(entry->caps);
    virtcpu_cpu_data_free(entry->sees);
    virtcpu_qemu_failure_clear(&entry->failure);
    g_free(entry);
}

VirtCpuGuestSights *
virtcpu_guest_sights_new(GCancellable *cancel)
{
    VirtCpuGuestSights *sights = g_new0(VirtCpuGuestSights, 1);

    sights->cancel = cancel;
    g_mutex_init(&sights->lock);
    g_cond_init(&sights->changed);
    sights->entries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, entry_free);
    return sights;
}

void
virtcpu_guest_sights_free(VirtCpuGuestSights *sights)
{
    if (sights == NULL) {
        return;
    }
    g_hash_table_unref(sights->entries);
    g_mutex_clear(&sights->lock);
    g_cond_clear(&sights->changed);
    g_free(sights);
}

/* All that the answer depends on but the state of the binary, which its capabilities stand for:
 * the CPU's options, and the topology, which CPUID tells, too. */
static char *
make_key(const VirtCpuGuestInput *input, GError **error)
{
    const VirtCpuDef *cpu = input->def->cpu;
    g_autofree char *digest = virtcpu_guest_proof_digest(input, error);

    if (digest == NULL) {
        return NULL;
    }
    return g_strdup_printf("%s %s %s %u %u.%u.%u.%u.%u",
                           virtcpu_virt_type_to_string(input->caps->virt_type), input->caps->binary,
                           digest, input->def->max_vcpus, cpu != NULL ? cpu->sockets : 0,
                           cpu != NULL ? cpu->dies : 0, cpu != NULL ? cpu->clusters : 0,
                           cpu != NULL ? cpu->cores : 0, cpu != NULL ? cpu->threads : 0);
}

static gboolean
is_idle(gpointer key, gpointer value, gpointer user_data)
{
    return !((const Entry *)value)->busy;
}

/* The entry at @key (transfer none), as good as new when the binary changed. */
static Entry *
get_entry(VirtCpuGuestSights *sights, const char *key, VirtCpuQemuCaps *caps)
{
    Entry *entry = g_hash_table_lookup(sights->entries, key);

    if (entry == NULL) {
        if (g_hash_table_size(sights->entries) >= MAX_ENTRIES) {
            g_hash_table_foreach_remove(sights->entries, is_idle, NULL);
        }
        entry = g_new0(Entry, 1);
        g_hash_table_insert(sights->entries, g_strdup(key), entry);
    }
    if (entry->caps != caps && !entry->busy) {
        virtcpu_qemu_caps_unref(entry->caps);
        entry->caps = virtcpu_qemu_caps_ref(caps);
        g_clear_pointer(&entry->sees, virtcpu_cpu_data_free);
        virtcpu_qemu_failure_clear(&entry->failure);
    }
    return entry;
}

static VirtCpuData *
look(const VirtCpuGuestInput *input, GError **error)
{
    g_auto(VirtCpuGuestProof) proof = { 0 };

    if (!virtcpu_guest_proof_run(input, &proof, error)) {
        return NULL;
    }
    return virtcpu_cpu_data_copy(((VirtCpuGuestVcpu *)g_ptr_array_index(proof.sees, 0))->data);
}

/* Under the lock, which is let go meanwhile. */
static void
look_unlocked(VirtCpuGuestSights *sights, Entry *entry, const VirtCpuGuestInput *input)
{
    VirtCpuData *sees;
    GError *failure = NULL;

    entry->busy = TRUE;
    g_mutex_unlock(&sights->lock);
    sees = look(input, &failure);
    g_mutex_lock(&sights->lock);
    entry->busy = FALSE;
    g_cond_broadcast(&sights->changed);
    if (sees != NULL) {
        entry->sees = sees;
        virtcpu_qemu_failure_clear(&entry->failure);
    } else {
        virtcpu_qemu_failure_note(&entry->failure, failure);
    }
}

VirtCpuData *
virtcpu_guest_sights_get(VirtCpuGuestSights *sights, VirtCpuQemuCaps *caps,
                         const VirtCpuGuestInput *wanted, GError **error)
{
    VirtCpuGuestInput input = *wanted;
    g_autofree char *key = NULL;
    g_autoptr(GMutexLocker) locker = NULL;
    Entry *entry;

    input.cancel = sights->cancel;
    input.unasked = TRUE;
    input.max_vcpus = 1;
    if (!virtcpu_guest_proof_check(&input, error) || (key = make_key(&input, error)) == NULL) {
        return NULL;
    }
    locker = g_mutex_locker_new(&sights->lock);
    entry = get_entry(sights, key, caps);
    while (entry->busy) {
        g_cond_wait(&sights->changed, &sights->lock);
        entry = get_entry(sights, key, caps);
    }
    if (entry->sees == NULL && !virtcpu_qemu_failure_holds(&entry->failure)) {
        look_unlocked(sights, entry, &input);
    }
    if (entry->sees == NULL) {
        g_propagate_error(error, g_error_copy(entry->failure.error));
        return NULL;
    }
    return virtcpu_cpu_data_copy(entry->sees);
}
