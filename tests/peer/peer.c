/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/peer/peer.h"

#include <string.h>

char *
peer_read(const char *name)
{
    const char *shared = g_getenv("VIRTCPU_TEST_SHARED");
    g_autofree char *path = NULL;
    char *text = NULL;

    if (shared == NULL) {
        return NULL;
    }
    path = g_build_filename(shared, "peer-data", name, NULL);
    return g_file_get_contents(path, &text, NULL, NULL) ? text : NULL;
}

char *
peer_read_xml(const char *name)
{
    g_autofree char *text = peer_read(name);
    const char *start = text;

    if (text == NULL) {
        g_error("peer data lacks %s", name);
    }
    while (g_str_has_prefix(start, "<!--") && strstr(start, "-->\n") != NULL) {
        start = strstr(start, "-->\n") + strlen("-->\n");
    }
    return g_strdup(start);
}

GPtrArray *
peer_read_json(const char *name)
{
    g_autofree char *text = peer_read(name);
    g_auto(GStrv) parts = g_strsplit(text != NULL ? text : "", "\n}\n", -1);
    GPtrArray *documents = g_ptr_array_new_with_free_func((GDestroyNotify)virtcpu_json_free);

    for (gsize i = 0; parts[i] != NULL; i++) {
        g_autofree char *part = g_strconcat(g_strstrip(parts[i]), "}", NULL);
        g_autoptr(GError) error = NULL;

        if (part[0] == '{') {
            g_ptr_array_add(documents, virtcpu_json_parse(part, -1, &error));
            g_assert_no_error(error);
        }
    }
    return documents;
}

GPtrArray *
peer_read_table(const char *name, gboolean has_header)
{
    g_autofree char *text = peer_read(name);
    g_auto(GStrv) lines = NULL;
    GPtrArray *rows;

    if (text == NULL) {
        return NULL;
    }
    lines = g_strsplit(text, "\n", -1);
    rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
    for (gsize i = has_header ? 1 : 0; lines[i] != NULL; i++) {
        if (lines[i][0] != '\0' && lines[i][0] != '#') {
            g_ptr_array_add(rows, g_strsplit(lines[i], "\t", -1));
        }
    }
    return rows;
}
