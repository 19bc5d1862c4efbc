/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/dbus-options.h"

#include "conf/error.h"
#include "conf/i18n.h"

#include <string.h>

/* Names and paths; what is XML may be as long as libvirt's protocol allows. */
#define NAME_MAX_BYTES 4096
#define XML_MAX_BYTES  (4u * 1024 * 1024)
#define TEXTS_MAX      1024

typedef struct {
    const char *name, *type;
    gsize max_bytes; /* of a text, or of each of several */
} Option;

static const Option known_options[] = {
    { "check", "b", 0 },
    { "definition", "s", XML_MAX_BYTES },
    { "domain", "s", NAME_MAX_BYTES },
    { "fill", "b", 0 },
    { "form", "s", NAME_MAX_BYTES },
    { "job", "s", NAME_MAX_BYTES },
    { "machine", "s", NAME_MAX_BYTES },
    { "machines", "as", NAME_MAX_BYTES },
    { "model", "s", NAME_MAX_BYTES },
    { "models", "as", NAME_MAX_BYTES },
    { "passport", "s", XML_MAX_BYTES },
    { "qemu", "s", NAME_MAX_BYTES },
    { "qemus", "as", NAME_MAX_BYTES },
    { "self-test", "b", 0 },
    { "virt-type", "s", NAME_MAX_BYTES },
};

static const Option *
find_option(const char *name, const char *const *allowed)
{
    if (!g_str_equal(name, "job") && !g_strv_contains(allowed, name)) {
        return NULL;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(known_options); i++) {
        if (g_str_equal(known_options[i].name, name)) {
            return &known_options[i];
        }
    }
    return NULL;
}

static gboolean
is_within(GVariant *value, const Option *option)
{
    gsize count;

    if (g_variant_is_of_type(value, G_VARIANT_TYPE_STRING)) {
        return strlen(g_variant_get_string(value, NULL)) <= option->max_bytes;
    }
    if (!g_variant_is_of_type(value, G_VARIANT_TYPE_STRING_ARRAY)) {
        return TRUE;
    }
    count = g_variant_n_children(value);
    for (gsize i = 0; count <= TEXTS_MAX && i < count; i++) {
        g_autoptr(GVariant) text = g_variant_get_child_value(value, i);

        if (!is_within(text, option)) {
            return FALSE;
        }
    }
    return count <= TEXTS_MAX;
}

static gboolean
check_option(const char *name, GVariant *value, const char *const *allowed, GError **error)
{
    const Option *option = find_option(name, allowed);

    if (option == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("There is no option '%.64s' here."),
                          name);
        return FALSE;
    }
    if (!g_variant_is_of_type(value, G_VARIANT_TYPE(option->type))) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("Option '%s' must be of D-Bus type '%s', not '%.64s'."), name,
                          option->type, g_variant_get_type_string(value));
        return FALSE;
    }
    if (!is_within(value, option)) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("Option '%s' is too long: a text may have %zu bytes, and there may be "
                            "%d of them."),
                          name, option->max_bytes, TEXTS_MAX);
        return FALSE;
    }
    return TRUE;
}

gboolean
virtcpu_dbus_options_check(GVariant *options, const char *const *allowed, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    GVariantIter iter;
    const char *name;
    GVariant *value;

    g_variant_iter_init(&iter, options);
    while (g_variant_iter_next(&iter, "{&sv}", &name, &value)) {
        g_autoptr(GVariant) owned = value;

        if (!check_option(name, owned, allowed, error)) {
            return FALSE;
        }
        if (!g_hash_table_add(seen, (gpointer)(gsize)name)) {
            virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("Option '%s' is given twice."),
                              name);
            return FALSE;
        }
    }
    return TRUE;
}

const char *
virtcpu_dbus_option_text(GVariant *options, const char *name)
{
    const char *text = NULL;

    return g_variant_lookup(options, name, "&s", &text) ? text : NULL;
}

gboolean
virtcpu_dbus_option_is_true(GVariant *options, const char *name)
{
    gboolean value = FALSE;

    return g_variant_lookup(options, name, "b", &value) && value;
}

const char **
virtcpu_dbus_option_texts(GVariant *options, const char *name)
{
    g_autofree const char **texts = NULL;

    return g_variant_lookup(options, name, "^a&s", &texts) && texts[0] != NULL
               ? g_steal_pointer(&texts)
               : NULL;
}
