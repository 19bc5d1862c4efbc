/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/dump.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/guest-options.h"
#include "drivers/qemu/process.h"

#include <string.h>

#define DEFAULT_TIMEOUT_MS 30000

/* CPUs of QEMU that are what their properties say and nothing else, the best first. */
static const char *const bare_models[] = { "custom", "base" };

/* What the QEMU of a dump said beside its vCPU. */
typedef struct {
    VirtCpuJson *definitions; /* query-cpu-definitions under this machine type; NULL: it cannot */
    GHashTable *properties;   /* set of names that the bare CPU has; NULL: there is none */
    const char *bare;         /* its name */
    const char *bare_type;    /* points into definitions */
} Facts;

static void
facts_clear(Facts *facts)
{
    virtcpu_json_free(facts->definitions);
    g_clear_pointer(&facts->properties, g_hash_table_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Facts, facts_clear)

void
virtcpu_dump_clear(VirtCpuDump *dump)
{
    g_clear_pointer(&dump->binary, g_free);
    g_clear_pointer(&dump->machine, g_free);
    g_clear_pointer(&dump->cpu, g_free);
    g_clear_pointer(&dump->asked, g_strfreev);
    g_clear_pointer(&dump->base, g_free);
    g_clear_pointer(&dump->base_type, g_free);
    virtcpu_cpu_object_clear(&dump->object);
}

/* The entry of @definitions whose @key is @value, or NULL. */
static const VirtCpuJson *
find_definition(const VirtCpuJson *definitions, const char *key, const char *value)
{
    for (gsize i = 0; i < virtcpu_json_size(definitions); i++) {
        const VirtCpuJson *definition = virtcpu_json_at(definitions, i);

        if (g_strcmp0(virtcpu_json_get_string(definition, key), value) == 0) {
            return definition;
        }
    }
    return NULL;
}

/* Ask @command; an error reply is none (transfer full). FALSE only when QEMU is gone. */
static gboolean
ask_optional(VirtCpuQemuSession *session, const char *command, const VirtCpuJson *arguments,
             VirtCpuJson **reply, GError **error)
{
    VirtCpuQmpCall call = { .command = command, .arguments = arguments };
    gboolean ok = virtcpu_qemu_session_ask(session, &call, 1, error);

    *reply = g_steal_pointer(&call.reply);
    virtcpu_qmp_call_clear(&call);
    return ok;
}

static gboolean
ask_bare(VirtCpuQemuSession *session, Facts *facts, GError **error)
{
    g_autoptr(VirtCpuJson) arguments = virtcpu_json_new_object();
    g_autoptr(VirtCpuJson) list = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(bare_models) && facts->bare_type == NULL; i++) {
        facts->bare = bare_models[i];
        facts->bare_type = virtcpu_json_get_string(
            find_definition(facts->definitions, "name", bare_models[i]), "typename");
    }
    if (facts->bare_type == NULL) {
        return TRUE;
    }
    virtcpu_json_set_string(arguments, "typename", facts->bare_type);
    if (!ask_optional(session, "qom-list-properties", arguments, &list, error)) {
        return FALSE;
    }
    facts->properties = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (gsize i = 0; i < virtcpu_json_size(list); i++) {
        const char *name = virtcpu_json_get_string(virtcpu_json_at(list, i), "name");

        g_hash_table_add(facts->properties, g_strdup(name));
    }
    return TRUE;
}

/* The bare CPU can stand for @object when it has every property and @object brings no description
 * of caches along, which no property tells (legacy-cache=off). */
static gboolean
bare_suffices(const Facts *facts, const VirtCpuCpuObject *object)
{
    const VirtCpuCpuProperty *caches = virtcpu_cpu_object_find(object, "legacy-cache");

    if (facts->properties == NULL || (caches != NULL && !virtcpu_json_is_true(caches->value))) {
        return FALSE;
    }
    for (guint i = 0; i < object->properties->len; i++) {
        const VirtCpuCpuProperty *property = g_ptr_array_index(object->properties, i);

        if (property->writable && !g_hash_table_contains(facts->properties, property->name)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* "Westmere" of "Westmere,vme=off" (transfer full). */
static char *
model_of(const char *cpu)
{
    return g_strndup(cpu, strcspn(cpu, ","));
}

static void
choose_base(const Facts *facts, VirtCpuDump *dump)
{
    const VirtCpuJson *own = find_definition(facts->definitions, "typename", dump->object.type);
    const char *canonical = virtcpu_json_get_string(own, "alias-of");
    const VirtCpuJson *exact = find_definition(facts->definitions, "name", canonical);

    if (bare_suffices(facts, &dump->object)) {
        dump->base = g_strdup(facts->bare);
        dump->base_type = g_strdup(facts->bare_type);
    } else if (canonical != NULL && exact != NULL) {
        dump->base = g_strdup(canonical);
        dump->base_type = g_strdup(virtcpu_json_get_string(exact, "typename"));
    } else {
        dump->base = model_of(dump->cpu);
        dump->base_type = g_strdup(dump->object.type);
    }
}

static gboolean
ask(VirtCpuQemuSession *session, VirtCpuDump *dump, GError **error)
{
    g_auto(Facts) facts = { 0 };

    if (!virtcpu_cpu_object_ask(session, &dump->object, error) ||
        !ask_optional(session, "query-cpu-definitions", NULL, &facts.definitions, error) ||
        !ask_bare(session, &facts, error)) {
        return FALSE;
    }
    choose_base(&facts, dump);
    return TRUE;
}

/* The value of the -cpu in @options, or NULL: the machine type's own CPU. */
static const char *
find_cpu(char **options)
{
    for (gsize i = 0; options[i] != NULL; i++) {
        if (g_str_equal(options[i], "-cpu")) {
            return options[i + 1];
        }
    }
    return NULL;
}

gboolean
virtcpu_dump_run(const VirtCpuGuestInput *input, VirtCpuDump *dump, GError **error)
{
    const unsigned timeout_ms = input->timeout_ms != 0 ? input->timeout_ms : DEFAULT_TIMEOUT_MS;
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    g_autoptr(VirtCpuQemuSession) session = NULL;
    g_auto(GStrv) options = NULL;
    GError *reason = NULL;
    const char *cpu;

    if (!virtcpu_guest_options_add(builder, input, VIRTCPU_PROCESS_FIRST_FD, error)) {
        return FALSE;
    }
    options = g_strv_builder_end(builder);
    cpu = find_cpu(options);
    if (cpu == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_NO_SUPPORT,
                          _("machine type '%s' of '%s' has no CPU to choose"), input->def->machine,
                          input->caps->binary);
        return FALSE;
    }
    session = virtcpu_qemu_session_new_guest(input->caps->binary, input->def->machine,
                                             (const char *const *)options, timeout_ms,
                                             input->cancel, error);
    if (session == NULL) {
        return FALSE;
    }
    dump->binary = g_strdup(input->caps->binary);
    dump->machine = g_strdup(input->def->machine);
    dump->arch = input->def->arch;
    dump->virt_type = input->def->virt_type;
    dump->cpu = g_strdup(cpu);
    dump->asked = g_steal_pointer(&options);
    if (!ask(session, dump, &reason)) {
        virtcpu_qemu_session_explain(session, reason, error);
        return FALSE;
    }
    return TRUE;
}
