/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/library.h"

#include "conf/error.h"
#include "conf/i18n.h"

#include <gmodule.h>

gboolean
virtcpu_library_load(const char *library, const VirtCpuLibrarySymbol *symbols, gsize count,
                     gpointer calls, GError **error)
{
    GModule *module = g_module_open(library, G_MODULE_BIND_LAZY);

    if (module == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("A daemon is asked through library '%s', which cannot be loaded: %s"),
                          library, g_module_error());
        return FALSE;
    }
    g_module_make_resident(module);
    for (gsize i = 0; i < count; i++) {
        if (!g_module_symbol(module, symbols[i].name,
                             G_STRUCT_MEMBER_P(calls, symbols[i].offset))) {
            virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                              _("The installed library '%s' is too old: %s"), library,
                              g_module_error());
            return FALSE;
        }
    }
    return TRUE;
}
