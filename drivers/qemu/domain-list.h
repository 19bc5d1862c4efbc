/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All domains of a driver, by UUID and by name. Thread-safe. */
#pragma once

#include "drivers/qemu/domain.h"

typedef struct _VirtCpuDomainList VirtCpuDomainList;

/* An empty list (transfer full). */
VirtCpuDomainList *virtcpu_domain_list_new(void) G_GNUC_WARN_UNUSED_RESULT;

/* Free @list (may be NULL) and drop its references. */
void virtcpu_domain_list_free(VirtCpuDomainList *list);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuDomainList, virtcpu_domain_list_free)

/* The domain with @uuid, known to clients; NO_DOMAIN (transfer full). */
VirtCpuDomain *virtcpu_domain_list_find(VirtCpuDomainList *list,
                                        const guint8 uuid[VIRTCPU_UUID_BYTES],
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same by name. */
VirtCpuDomain *virtcpu_domain_list_find_name(VirtCpuDomainList *list, const char *name,
                                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same by id of a running one. */
VirtCpuDomain *virtcpu_domain_list_find_id(VirtCpuDomainList *list, int id,
                                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The domain that a definition with @name and @uuid belongs to: the one that has both, or a new one
 * put in the list. Errors as libvirt's: OPERATION_FAILED when another domain has one of the two.
 * Returns (transfer full). */
VirtCpuDomain *virtcpu_domain_list_claim(VirtCpuDomainList *list, VirtCpuDriver *driver,
                                         const char *name, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Keep the name of @renamed, which is in no list, for it. OPERATION_INVALID when another domain has
 * that name. */
gboolean virtcpu_domain_list_reserve(VirtCpuDomainList *list, VirtCpuDomain *renamed,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Undo virtcpu_domain_list_reserve. */
void virtcpu_domain_list_cancel(VirtCpuDomainList *list, VirtCpuDomain *renamed);

/* Put @renamed, whose name was reserved, in the place of @domain, which has the same UUID and is
 * marked removed. Takes the lock of @domain. */
void virtcpu_domain_list_replace(VirtCpuDomainList *list, VirtCpuDomain *domain,
                                 VirtCpuDomain *renamed);

/* Take @domain out. Takes its lock to mark it removed. */
void virtcpu_domain_list_remove(VirtCpuDomainList *list, VirtCpuDomain *domain);

/* Every domain known to clients, sorted by name; of VirtCpuDomain (transfer full). */
GPtrArray *virtcpu_domain_list_all(VirtCpuDomainList *list) G_GNUC_WARN_UNUSED_RESULT;
