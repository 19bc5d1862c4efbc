/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared libraries that are loaded only when they are needed. */
#pragma once

#include <glib.h>

/* One function of a library, and where the pointer to it goes. */
typedef struct {
    const char *name;
    gsize offset; /* in the struct of calls */
} VirtCpuLibrarySymbol;

/* Load @library ("libvirt.so.0"), which stays loaded, and put all @count @symbols into the struct
 * at @calls. Repeating it is legal. Any thread. Errors: CONFIG_UNSUPPORTED when it is not
 * installed, or is too old to have one of them. */
gboolean virtcpu_library_load(const char *library, const VirtCpuLibrarySymbol *symbols, gsize count,
                              gpointer calls, GError **error) G_GNUC_WARN_UNUSED_RESULT;
