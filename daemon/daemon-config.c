/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/daemon-config.h"

#include "conf/cpu-form.h"
#include "conf/error.h"
#include "conf/i18n.h"

#include <string.h>

/* A key: one of @words when there are any; text when @maximum is 0, else a number from @minimum to
 * @maximum. */
typedef struct {
    const char *name;
    gsize offset;
    unsigned minimum, maximum;
    const VirtCpuWords *words;
} Key;

#define FIELD(name) #name, G_STRUCT_OFFSET(VirtCpuConfig, name)

static const Key keys[] = {
    { FIELD(host_uuid), 0, 0 },
    { FIELD(unix_sock_group), 0, 0 },
    { FIELD(unix_sock_rw_perms), 0, 0 },
    { FIELD(unix_sock_ro_perms), 0, 0 },
    { FIELD(qemu_search_path), 0, 0 },
    { FIELD(max_clients), 1, 100000 },
    { FIELD(max_client_requests), 1, 1000 },
    { FIELD(max_workers), 1, 1000 },
    { FIELD(prio_workers), 1, 1000 },
    { FIELD(keepalive_interval), 0, 86400 },
    { FIELD(keepalive_count), 0, 1000 },
    { FIELD(matrix_fill), 0, 1 },
    { FIELD(probe_timeout), 1, 3600 },
    { FIELD(monitor_timeout), 1, 3600 },
    { FIELD(cpu_form), .words = &virtcpu_cpu_form_words },
    { FIELD(verify_in_guest), .words = &virtcpu_prove_words },
    { FIELD(seccomp_sandbox), 0, 2 },
    { FIELD(user), 0, 0 },
    { FIELD(group), 0, 0 },
    { FIELD(log_level), 1, 4 },
};

VirtCpuConfig *
virtcpu_config_new(void)
{
    VirtCpuConfig *config = g_new0(VirtCpuConfig, 1);

    config->unix_sock_rw_perms = g_strdup("0700");
    config->unix_sock_ro_perms = g_strdup("0777");
    config->max_clients = 5000;
    config->max_client_requests = 5;
    config->max_workers = 20;
    config->prio_workers = 5;
    config->keepalive_interval = 5;
    config->keepalive_count = 5;
    config->cpu_form = VIRTCPU_CPU_FORM_EXPLICIT;
    config->seccomp_sandbox = 2;
    config->log_level = 3;
    return config;
}

void
virtcpu_config_free(VirtCpuConfig *config)
{
    if (config == NULL) {
        return;
    }
    g_free(config->host_uuid);
    g_free(config->unix_sock_group);
    g_free(config->unix_sock_rw_perms);
    g_free(config->unix_sock_ro_perms);
    g_free(config->qemu_search_path);
    g_free(config->user);
    g_free(config->group);
    g_free(config);
}

static const Key *
find_key(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        if (g_str_equal(keys[i].name, name)) {
            return &keys[i];
        }
    }
    return NULL;
}

static gboolean
set_text(char **field, const char *value)
{
    const gsize length = strlen(value);

    if (length < 2 || value[0] != '"' || strchr(value + 1, '"') != value + length - 1) {
        return FALSE;
    }
    g_free(*field);
    *field = g_strndup(value + 1, length - 2);
    return TRUE;
}

/* Quotes around a word change nothing. */
static gboolean
set_word(unsigned *field, const VirtCpuWords *words, const char *value)
{
    g_autofree char *text = NULL;
    int found = virtcpu_words_from_string(words, set_text(&text, value) ? text : value);

    if (found >= 0) {
        *field = (unsigned)found;
    }
    return found >= 0;
}

static gboolean
set_value(VirtCpuConfig *config, const Key *key, const char *value)
{
    gpointer field = G_STRUCT_MEMBER_P(config, key->offset);
    guint64 number;

    if (key->words != NULL) {
        return set_word(field, key->words, value);
    }
    if (key->maximum == 0) {
        return set_text(field, value);
    }
    if (!g_ascii_string_to_unsigned(value, 10, key->minimum, key->maximum, &number, NULL)) {
        return FALSE;
    }
    *(unsigned *)field = (unsigned)number;
    return TRUE;
}

/* "a, b, c" (transfer full). */
static char *
join_words(const VirtCpuWords *words)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (unsigned i = 0; i < words->count; i++) {
        g_string_append_printf(text, "%s%s", i > 0 ? ", " : "", words->words[i]);
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

/* Why the value of @key in line @number of @file was not taken. */
static void
refuse_value(const Key *key, const char *file, unsigned number, GError **error)
{
    if (key->words != NULL) {
        g_autofree char *words = join_words(key->words);

        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED, _("%s:%u: '%s' needs one of: %s."),
                          file, number, key->name, words);
    } else if (key->maximum == 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("%s:%u: '%s' needs text in double quotes."), file, number, key->name);
    } else {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("%s:%u: '%s' needs a number from %u to %u."), file, number, key->name,
                          key->minimum, key->maximum);
    }
}

static gboolean
parse_line(VirtCpuConfig *config, char *line, const char *file, unsigned number, GError **error)
{
    char *equals = strchr(line, '=');
    const Key *key;

    if (line[0] == '\0' || line[0] == '#') {
        return TRUE;
    }
    if (equals == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("%s:%u: expected \"key = value\"."), file, number);
        return FALSE;
    }
    *equals = '\0';
    key = find_key(g_strstrip(line));
    if (key == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED, _("%s:%u: unknown key '%s'."),
                          file, number, line);
        return FALSE;
    }
    if (!set_value(config, key, g_strstrip(equals + 1))) {
        refuse_value(key, file, number, error);
        return FALSE;
    }
    return TRUE;
}

gboolean
virtcpu_config_parse(VirtCpuConfig *config, const char *text, const char *file, GError **error)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (unsigned i = 0; lines[i] != NULL; i++) {
        if (!parse_line(config, g_strstrip(lines[i]), file, i + 1, error)) {
            return FALSE;
        }
    }
    return TRUE;
}
