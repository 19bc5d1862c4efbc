/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/facts.h"

#include "conf/i18n.h"

#include <string.h>

/* Longer values are digests or hostile; neither tells a reader anything. */
#define MAX_SHOWN 128

/* How a fact is called. What stands after a space in a fact's name says which of its kind it is. */
static const struct {
    const char *kind;
    const char *words; /* one %s when the kind has many */
    gboolean opaque;   /* the value is a digest: that it changed is all there is to say */
} names[] = {
    { "device", N_("the binary's device"), FALSE },
    { "inode", N_("the binary's inode"), FALSE },
    { "size", N_("the binary's size"), FALSE },
    { "changed", N_("the binary's time of change"), FALSE },
    { "build-id", N_("the binary's build ID"), FALSE },
    { "modules", N_("the QEMU modules in '%s'"), TRUE },
    { "firmware", N_("the firmware in '%s'"), TRUE },
    { "version", N_("QEMU's version"), FALSE },
    { "package", N_("QEMU's package"), FALSE },
    { "arch", N_("the host's architecture"), FALSE },
    { "kernel", N_("the kernel"), FALSE },
    { "microcode", N_("the host CPU's microcode"), FALSE },
    { "cpuid", N_("the host CPU's content"), TRUE },
    { "kvm", N_("KVM"), FALSE },
    { "kvm-cpuid", N_("what KVM supports of the host CPU"), TRUE },
    { "kvm-access", N_("access to /dev/kvm"), FALSE },
    { "kvm-parameter", N_("the parameter '%s' of a KVM module"), FALSE },
};

void
virtcpu_qemu_facts_add(GString *facts, const char *name, const char *value)
{
    g_autofree char *line = NULL;

    if (value == NULL) {
        return;
    }
    line = g_strconcat(name, "=", value, NULL);
    g_strdelimit(line, "\r\n", ' ');
    g_string_append(facts, line);
    g_string_append_c(facts, '\n');
}

/* Lines as a table from name to value, both pointing into @lines; what is no fact is left out. */
static GHashTable *
read_lines(char **lines)
{
    GHashTable *table = g_hash_table_new(g_str_hash, g_str_equal);

    for (gsize i = 0; lines[i] != NULL; i++) {
        char *equals = strchr(lines[i], '=');

        if (equals != NULL) {
            *equals = '\0';
            g_hash_table_insert(table, lines[i], equals + 1);
        }
    }
    return table;
}

/* @name in words (transfer full); @opaque (out) as in the table. */
static char *
describe(const char *name, gboolean *opaque)
{
    g_auto(GStrv) parts = g_strsplit(name, " ", 2);

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        if (g_strcmp0(parts[0], names[i].kind) == 0) {
            g_autoptr(GString) text = g_string_new(_(names[i].words));

            *opaque = names[i].opaque;
            g_string_replace(text, "%s", parts[1] != NULL ? parts[1] : "", 1);
            return g_strdup(text->str);
        }
    }
    *opaque = TRUE;
    return g_strdup(name);
}

static void
add_difference(GString *text, const char *name, const char *before, const char *now)
{
    gboolean opaque;
    g_autofree char *what = describe(name, &opaque);

    g_string_append(text, text->len > 0 ? "; " : "");
    if (before == NULL) {
        g_string_append_printf(text, _("%s is new"), what);
    } else if (now == NULL) {
        g_string_append_printf(text, _("%s is gone"), what);
    } else if (opaque || strlen(before) > MAX_SHOWN || strlen(now) > MAX_SHOWN) {
        g_string_append_printf(text, _("%s changed"), what);
    } else {
        g_string_append_printf(text, _("%s was '%s' and is '%s'"), what, before, now);
    }
}

char *
virtcpu_qemu_facts_difference(const char *before, const char *now)
{
    g_auto(GStrv) lines = g_strsplit(before != NULL ? before : "", "\n", -1);
    g_auto(GStrv) now_lines = g_strsplit(now != NULL ? now : "", "\n", -1);
    g_autoptr(GHashTable) old = read_lines(lines);
    g_autoptr(GHashTable) new = read_lines(now_lines);
    g_autoptr(GString) text = g_string_new(NULL);

    for (gsize i = 0; now_lines[i] != NULL; i++) {
        const char *value = g_hash_table_lookup(old, now_lines[i]);
        const char *is = g_hash_table_lookup(new, now_lines[i]);

        if (is != NULL && g_strcmp0(value, is) != 0) {
            add_difference(text, now_lines[i], value, is);
        }
    }
    for (gsize i = 0; lines[i] != NULL; i++) {
        const char *value = g_hash_table_lookup(old, lines[i]);

        if (value != NULL && !g_hash_table_contains(new, lines[i])) {
            add_difference(text, lines[i], value, NULL);
        }
    }
    return text->len > 0 ? g_strdup(text->str) : NULL;
}
