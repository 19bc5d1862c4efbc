/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A domain's <metadata>: elements of others, told apart by their namespaces. Any thread. */
#pragma once

#include <glib.h>

/* The element in namespace @uri of the document @metadata (both may be NULL), without that
 * namespace as libvirt shows it (transfer full); or NULL. */
char *virtcpu_metadata_get(const char *metadata, const char *uri) G_GNUC_WARN_UNUSED_RESULT;

/* @metadata (may be NULL) with @element (XML, or NULL: none) in namespace @uri under prefix @key in
 * place of the one it has into @result (transfer full), NULL when nothing is left. Errors: XML's.
 */
gboolean virtcpu_metadata_set(const char *metadata, const char *element, const char *key,
                              const char *uri, char **result,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
