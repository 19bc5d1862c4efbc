/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/domain-list.h"

#include "conf/error.h"
#include "conf/i18n.h"

#include <string.h>

struct _VirtCpuDomainList {
    GRWLock lock;
    GHashTable *by_uuid; /* the domain's own bytes → VirtCpuDomain (owned) */
    GHashTable *by_name; /* the domain's own name → VirtCpuDomain */
};

static guint
uuid_hash(gconstpointer key)
{
    guint hash;

    memcpy(&hash, key, sizeof(hash));
    return hash;
}

static gboolean
uuid_equal(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, VIRTCPU_UUID_BYTES) == 0;
}

static void
domain_unref(gpointer domain)
{
    virtcpu_domain_unref(domain);
}

VirtCpuDomainList *
virtcpu_domain_list_new(void)
{
    VirtCpuDomainList *list = g_new0(VirtCpuDomainList, 1);

    g_rw_lock_init(&list->lock);
    list->by_uuid = g_hash_table_new_full(uuid_hash, uuid_equal, NULL, domain_unref);
    list->by_name = g_hash_table_new(g_str_hash, g_str_equal);
    return list;
}

void
virtcpu_domain_list_free(VirtCpuDomainList *list)
{
    if (!list) {
        return;
    }
    g_hash_table_unref(list->by_name);
    g_hash_table_unref(list->by_uuid);
    g_rw_lock_clear(&list->lock);
    g_free(list);
}

static VirtCpuDomain *
lookup(VirtCpuDomainList *list, GHashTable *table, gconstpointer key)
{
    VirtCpuDomain *domain;

    g_rw_lock_reader_lock(&list->lock);
    domain = g_hash_table_lookup(table, key);
    if (domain) {
        virtcpu_domain_ref(domain);
    }
    g_rw_lock_reader_unlock(&list->lock);

    if (domain && !virtcpu_domain_is_known(domain))
        g_clear_pointer(&domain, virtcpu_domain_unref);
    return domain;
}

VirtCpuDomain *
virtcpu_domain_list_find(VirtCpuDomainList *list, const guint8 uuid[VIRTCPU_UUID_BYTES],
                         GError **error)
{
    VirtCpuDomain *domain = lookup(list, list->by_uuid, uuid);

    if (!domain) {
        g_autofree char *text = virtcpu_uuid_to_string(uuid);

        virtcpu_error_set(error, VIRTCPU_ERR_NO_DOMAIN, _("no domain with matching uuid '%s'"),
                          text);
    }
    return domain;
}

VirtCpuDomain *
virtcpu_domain_list_find_name(VirtCpuDomainList *list, const char *name, GError **error)
{
    VirtCpuDomain *domain = lookup(list, list->by_name, name);

    if (!domain) {
        virtcpu_error_set(error, VIRTCPU_ERR_NO_DOMAIN, _("no domain with matching name '%s'"),
                          name);
    }
    return domain;
}

VirtCpuDomain *
virtcpu_domain_list_find_id(VirtCpuDomainList *list, int id, GError **error)
{
    g_autoptr(GPtrArray) all = virtcpu_domain_list_all(list);

    for (guint i = 0; i < all->len; i++) {
        VirtCpuDomain *domain = g_ptr_array_index(all, i);
        g_autoptr(VirtCpuDomainRef) ref = virtcpu_domain_to_ref(domain);

        if (id >= 0 && ref->id == id) {
            return virtcpu_domain_ref(domain);
        }
    }
    virtcpu_error_set(error, VIRTCPU_ERR_NO_DOMAIN, _("no domain with matching id %d"), id);
    return NULL;
}

/* Called with the list locked for writing. */
static VirtCpuDomain *
claim_locked(VirtCpuDomainList *list, VirtCpuDriver *driver, const char *name,
             const guint8 uuid[VIRTCPU_UUID_BYTES], GError **error)
{
    VirtCpuDomain *same_uuid = g_hash_table_lookup(list->by_uuid, uuid);
    VirtCpuDomain *same_name = g_hash_table_lookup(list->by_name, name);
    g_autofree char *text = NULL;
    VirtCpuDomain *domain;

    if (same_uuid && same_uuid == same_name) {
        return virtcpu_domain_ref(same_uuid);
    }
    if (same_uuid) {
        text = virtcpu_uuid_to_string(uuid);
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED,
                          _("domain '%s' is already defined with uuid %s"), same_uuid->name, text);
        return NULL;
    }
    if (same_name) {
        text = virtcpu_uuid_to_string(same_name->uuid);
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED,
                          _("domain '%s' already exists with uuid %s"), name, text);
        return NULL;
    }
    domain = virtcpu_domain_new(driver, name, uuid);
    g_hash_table_insert(list->by_uuid, domain->uuid, domain);
    g_hash_table_insert(list->by_name, domain->name, domain);
    return virtcpu_domain_ref(domain);
}

VirtCpuDomain *
virtcpu_domain_list_claim(VirtCpuDomainList *list, VirtCpuDriver *driver, const char *name,
                          const guint8 uuid[VIRTCPU_UUID_BYTES], GError **error)
{
    VirtCpuDomain *domain;

    g_rw_lock_writer_lock(&list->lock);
    domain = claim_locked(list, driver, name, uuid, error);
    g_rw_lock_writer_unlock(&list->lock);
    return domain;
}

gboolean
virtcpu_domain_list_reserve(VirtCpuDomainList *list, VirtCpuDomain *renamed, GError **error)
{
    gboolean taken;

    g_rw_lock_writer_lock(&list->lock);
    taken = g_hash_table_contains(list->by_name, renamed->name);
    if (!taken) {
        g_hash_table_insert(list->by_name, renamed->name, renamed);
    }
    g_rw_lock_writer_unlock(&list->lock);
    if (taken) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID,
                          _("domain with name '%s' already exists"), renamed->name);
    }
    return !taken;
}

void
virtcpu_domain_list_cancel(VirtCpuDomainList *list, VirtCpuDomain *renamed)
{
    g_rw_lock_writer_lock(&list->lock);
    g_hash_table_remove(list->by_name, renamed->name);
    g_rw_lock_writer_unlock(&list->lock);
}

void
virtcpu_domain_list_replace(VirtCpuDomainList *list, VirtCpuDomain *domain, VirtCpuDomain *renamed)
{
    g_rw_lock_writer_lock(&list->lock);
    g_mutex_lock(&domain->lock);
    domain->removed = TRUE;
    g_hash_table_remove(list->by_name, domain->name);
    g_mutex_unlock(&domain->lock);
    /* the key lies in the domain, so it is replaced with it; the table lets go of the old one */
    g_hash_table_replace(list->by_uuid, renamed->uuid, virtcpu_domain_ref(renamed));
    g_mutex_lock(&renamed->lock);
    renamed->removed = FALSE;
    g_mutex_unlock(&renamed->lock);
    g_rw_lock_writer_unlock(&list->lock);
}

void
virtcpu_domain_list_remove(VirtCpuDomainList *list, VirtCpuDomain *domain)
{
    g_autoptr(VirtCpuDomain) held = virtcpu_domain_ref(domain);

    g_rw_lock_writer_lock(&list->lock);
    g_mutex_lock(&held->lock);
    if (!held->removed) {
        held->removed = TRUE;
        g_hash_table_remove(list->by_name, held->name);
        g_hash_table_remove(list->by_uuid, held->uuid);
    }
    g_mutex_unlock(&held->lock);
    g_rw_lock_writer_unlock(&list->lock);
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    const VirtCpuDomain *const *first = a, *const *second = b;

    return strcmp((*first)->name, (*second)->name);
}

GPtrArray *
virtcpu_domain_list_all(VirtCpuDomainList *list)
{
    GPtrArray *known = g_ptr_array_new_with_free_func(domain_unref);
    GHashTableIter iter;
    gpointer domain;

    g_rw_lock_reader_lock(&list->lock);
    g_hash_table_iter_init(&iter, list->by_uuid);
    while (g_hash_table_iter_next(&iter, NULL, &domain)) {
        if (virtcpu_domain_is_known(domain)) {
            g_ptr_array_add(known, virtcpu_domain_ref(domain));
        }
    }
    g_rw_lock_reader_unlock(&list->lock);
    g_ptr_array_sort(known, compare_names);
    return known;
}
