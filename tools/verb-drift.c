/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/cache-search.h"
#include "drivers/qemu/drift-answer.h"
#include "tools/bus.h"
#include "tools/input.h"
#include "tools/options.h"
#include "tools/output.h"
#include "tools/qemu.h"

#include <string.h>

/* What the command line says. */
typedef struct {
    char *root, *virt_type, *domain;
    char **machines, **qemus, **replies;
    gboolean all, json;
} Wishes;

static void
wishes_clear(Wishes *wishes)
{
    g_free(wishes->root);
    g_free(wishes->virt_type);
    g_free(wishes->domain);
    g_strfreev(wishes->machines);
    g_strfreev(wishes->qemus);
    g_strfreev(wishes->replies);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Wishes, wishes_clear)

/* Both sides as the options name them. */
typedef struct {
    VirtCpuQemuCaps *caps[2];
    const char *machines[2];
    gboolean recorded[2];
} Sides;

static void
sides_clear(Sides *sides)
{
    virtcpu_qemu_caps_unref(sides->caps[0]);
    virtcpu_qemu_caps_unref(sides->caps[1]);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Sides, sides_clear)

static guint
count(char **list)
{
    return list != NULL ? g_strv_length(list) : 0;
}

/* Entry @side of a list of at most two; one entry is for both; NULL: there is none. */
static const char *
pick(char **list, guint side)
{
    return count(list) > 0 ? list[MIN(side, count(list) - 1)] : NULL;
}

/* @def: the definition that is asked about, or NULL. It names a machine type itself. */
static gboolean
check_wishes(const Wishes *wishes, const VirtCpuDomainDef *def, gboolean has_names, GError **error)
{
    const guint machines = count(wishes->machines) + (def != NULL && def->machine != NULL ? 1 : 0);
    const guint replies = count(wishes->replies);
    const guint qemus = count(wishes->qemus);
    const char *fault = NULL;

    if (count(wishes->machines) > 2 || qemus + replies > 2 ||
        (replies == 0 && qemus < 2 && machines < 2)) {
        fault =
            _("Name what is compared: two of --machine, two of --qemu, two of --replies, or one "
              "of --replies and the QEMU of now.");
    } else if (replies > 0 && count(wishes->machines) > 0) {
        fault = _("A recording says nothing of machine types: --replies and --machine exclude each "
                  "other.");
    } else if (wishes->all && has_names) {
        fault = _("--all and a model or file exclude each other.");
    }
    if (fault != NULL) {
        g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, fault);
    }
    return fault == NULL;
}

/* The QEMU of side @side: recordings come first, then those of now. */
static VirtCpuQemuCaps *
get_caps(const Wishes *wishes, const ToolQemu *qemu, const VirtCpuDomainDef *def, guint side,
         GError **error)
{
    const guint replies = count(wishes->replies);
    g_autofree char *installed = NULL;
    const char *binary;

    if (side < replies) {
        return tool_qemu_replies(wishes->replies[side], NULL, wishes->virt_type, error);
    }
    binary = pick(wishes->qemus, side - replies);
    if (binary == NULL) {
        VirtCpuArch arch =
            def != NULL && def->arch != VIRTCPU_ARCH_NONE ? def->arch : qemu->host->arch;

        installed = def != NULL && def->emulator != NULL ? g_strdup(def->emulator)
                                                         : virtcpu_qemu_search_arch(NULL, arch);
        binary = installed;
    }
    if (binary == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("no QEMU is installed here; name one with --qemu"));
        return NULL;
    }
    return tool_qemu_caps(qemu, binary, wishes->virt_type, error);
}

static gboolean
init_sides(Sides *sides, const Wishes *wishes, const ToolQemu *qemu, const VirtCpuDomainDef *def,
           GError **error)
{
    for (guint side = 0; side < 2; side++) {
        sides->recorded[side] = side < count(wishes->replies);
        sides->machines[side] = pick(wishes->machines, side);
        sides->caps[side] = get_caps(wishes, qemu, def, side, error);
        if (sides->caps[side] == NULL) {
            return FALSE;
        }
    }
    if (def != NULL && def->machine != NULL && count(wishes->machines) < 2) {
        sides->machines[0] = def->machine;
        sides->machines[1] = count(wishes->machines) == 1 ? wishes->machines[0] : def->machine;
    }
    return TRUE;
}

/* ---- for people ---- */

static void
append_names(GString *text, const VirtCpuJson *names, const char *before)
{
    for (gsize i = 0; i < virtcpu_json_size(names); i++) {
        g_string_append_printf(text, " %s%s", before,
                               virtcpu_json_to_string(virtcpu_json_at(names, i)));
    }
}

static char *
format_value(const VirtCpuJson *value)
{
    return virtcpu_json_kind(value) == VIRTCPU_JSON_NULL ? g_strdup("-")
                                                         : virtcpu_json_format(value, FALSE);
}

/* What of member @key (knobs of machine types, caches) changes alike in every CPU that changes at
 * all (transfer full). */
static VirtCpuJson *
find_common(const VirtCpuJson *cpus, const char *key)
{
    VirtCpuJson *common = NULL;

    for (gsize i = 0; i < virtcpu_json_size(cpus); i++) {
        const VirtCpuJson *cpu = virtcpu_json_at(cpus, i);
        const VirtCpuJson *values = virtcpu_json_get(cpu, key);
        VirtCpuJson *kept = virtcpu_json_new_object();

        if (!virtcpu_json_get_bool(cpu, "drift", FALSE)) {
            virtcpu_json_free(kept);
            continue;
        }
        for (gsize k = 0; k < virtcpu_json_size(values); k++) {
            const char *name = virtcpu_json_key_at(values, k);
            g_autofree char *here = virtcpu_json_format(virtcpu_json_at(values, k), FALSE);
            g_autofree char *there = virtcpu_json_format(virtcpu_json_get(common, name), FALSE);

            if (common == NULL || g_str_equal(here, there)) {
                virtcpu_json_set(kept, name, virtcpu_json_copy(virtcpu_json_at(values, k)));
            }
        }
        virtcpu_json_free(common);
        common = kept;
    }
    return common != NULL ? common : virtcpu_json_new_object();
}

/* Append all of @values that are not in @common (NULL: all). */
static void
append_values(GString *text, const VirtCpuJson *values, const VirtCpuJson *common)
{
    for (gsize i = 0; i < virtcpu_json_size(values); i++) {
        const VirtCpuJson *pair = virtcpu_json_at(values, i);
        const char *name = virtcpu_json_key_at(values, i);
        g_autofree char *before = format_value(virtcpu_json_at(pair, 0));
        g_autofree char *after = format_value(virtcpu_json_at(pair, 1));

        if (virtcpu_json_get(common, name) == NULL) {
            g_string_append_printf(text, " %s=%s>%s", name, before, after);
        }
    }
}

/* "yes", "no" or "-" where nobody says; "yes>no" when it changes (transfer full). */
static char *
format_runs(const VirtCpuJson *runs)
{
    const char *words[2];

    for (gsize side = 0; side < 2; side++) {
        const VirtCpuJson *value = virtcpu_json_at(runs, side);

        words[side] = virtcpu_json_kind(value) != VIRTCPU_JSON_BOOL ? "-"
                      : virtcpu_json_is_true(value)                 ? _("yes")
                                                                    : _("no");
    }
    return g_str_equal(words[0], words[1]) ? g_strdup(words[0])
                                           : g_strdup_printf("%s>%s", words[0], words[1]);
}

/* What all CPUs have in common is not repeated. */
typedef struct {
    VirtCpuJson *caches, *other;
    int width;
} Table;

static void
table_clear(Table *table)
{
    virtcpu_json_free(table->caches);
    virtcpu_json_free(table->other);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Table, table_clear)

static void
print_cpu(const VirtCpuJson *cpu, const Table *table)
{
    g_autofree char *runs = format_runs(virtcpu_json_get(cpu, "runs"));
    g_autoptr(GString) text = g_string_new(NULL);
    const char *only = virtcpu_json_get_string(cpu, "only");

    append_names(text, virtcpu_json_get(cpu, "gained"), "+");
    append_names(text, virtcpu_json_get(cpu, "lost"), "-");
    append_values(text, virtcpu_json_get(cpu, "identity"), NULL);
    append_values(text, virtcpu_json_get(cpu, "caches"), table->caches);
    append_values(text, virtcpu_json_get(cpu, "other"), table->other);
    if (virtcpu_json_get(cpu, "new-blockers") != NULL) {
        g_string_append(text, _(" needs:"));
        append_names(text, virtcpu_json_get(cpu, "new-blockers"), "");
    }
    if (only != NULL) {
        g_string_append(text, g_str_equal(only, "before") ? _(" gone") : _(" new"));
    }
    if (text->len == 0 && virtcpu_json_get(cpu, "refusal") != NULL) {
        g_string_append_printf(text, " %s", virtcpu_json_get_string(cpu, "refusal"));
    }
    if (text->len > 0 || strchr(runs, '>') != NULL) {
        g_print("%-*s  %-7s%s\n", table->width, virtcpu_json_get_string(cpu, "name"), runs,
                text->str);
    }
}

static void
print_table(const VirtCpuJson *cpus, const Table *table)
{
    g_autoptr(GString) common = g_string_new(NULL);

    append_values(common, table->caches, NULL);
    append_values(common, table->other, NULL);
    g_print("%-*s  %-7s %s\n", table->width, _("CPU"), _("runs"), _("changes"));
    if (common->len > 0) {
        g_print("%-*s  %-7s%s\n", table->width, _("each"), "", common->str);
    }
    for (gsize i = 0; i < virtcpu_json_size(cpus); i++) {
        if (virtcpu_json_get_bool(virtcpu_json_at(cpus, i), "drift", FALSE)) {
            print_cpu(virtcpu_json_at(cpus, i), table);
        }
    }
}

static void
print_text(const VirtCpuJson *drift)
{
    const VirtCpuJson *cpus = virtcpu_json_get(drift, "cpus");
    g_auto(Table) table = {
        .caches = find_common(cpus, "caches"),
        .other = find_common(cpus, "other"),
    };

    for (gsize i = 0; i < virtcpu_json_size(cpus); i++) {
        const char *name = virtcpu_json_get_string(virtcpu_json_at(cpus, i), "name");

        table.width = MAX(table.width, (int)strlen(name));
    }
    if (tool_output_int(drift, "drifting") > 0) {
        print_table(cpus, &table);
    }
    g_print(_("%d of %d CPUs change, %d do not run any more"),
            (int)tool_output_int(drift, "drifting"), (int)virtcpu_json_size(cpus),
            (int)tool_output_int(drift, "stopped"));
    g_print("\n");
}

/* Print @drift, as virtcpu_drift_answer gives it. */
static ToolExit
show(const VirtCpuJson *drift, gboolean json)
{
    if (json) {
        tool_output_print_json(drift);
    } else {
        print_text(drift);
    }
    return tool_output_int(drift, "drifting") == 0 ? TOOL_EXIT_OK : TOOL_EXIT_INCOMPATIBLE;
}

static ToolExit
run_wishes(const Wishes *wishes, char **names, const VirtCpuDomainDef *def, GError **error)
{
    g_auto(ToolQemu) qemu = { 0 };
    g_auto(Sides) sides = { 0 };
    g_autoptr(VirtCpuJson) drift = NULL;
    VirtCpuDriftWish wish = { .models = (const char *const *)names, .def = def };

    if (!tool_qemu_init(&qemu, wishes->root, error) ||
        !init_sides(&sides, wishes, &qemu, def, error)) {
        return TOOL_EXIT_ERROR;
    }
    wish.before = (VirtCpuDriftPlace){ sides.caps[0], sides.machines[0], sides.recorded[0] };
    wish.after = (VirtCpuDriftPlace){ sides.caps[1], sides.machines[1], sides.recorded[1] };
    drift = virtcpu_drift_answer(virtcpu_qemu_cache_matrices(qemu.cache), &wish, error);
    return drift != NULL ? show(drift, wishes->json) : TOOL_EXIT_ERROR;
}

/* The same by the daemon, about its domain, @file, @models, or, all NULL, all models. */
static ToolExit
ask_daemon(const ToolConnect *connect, const Wishes *wishes, const char *file, char **models,
           GError **error)
{
    g_autofree char *text = file != NULL ? tool_input_read(file, error) : NULL;
    g_auto(GVariantDict) options = G_VARIANT_DICT_INIT(NULL);
    g_autoptr(VirtCpuJson) drift = NULL;

    if ((file != NULL && text == NULL) ||
        !tool_connect_check_offline(connect, "--root", wishes->root != NULL, error) ||
        !tool_connect_check_offline(connect, "--replies", wishes->replies != NULL, error)) {
        return TOOL_EXIT_ERROR;
    }
    tool_bus_add_text(&options, "definition", text);
    tool_bus_add_text(&options, "domain", wishes->domain);
    tool_bus_add_text(&options, "virt-type", wishes->virt_type);
    tool_bus_add_texts(&options, "models", models);
    tool_bus_add_texts(&options, "machines", wishes->machines);
    tool_bus_add_qemus(&options, "qemus", wishes->qemus);
    drift = tool_bus_call(connect, "Drift", g_variant_dict_end(&options), NULL, error);
    return drift != NULL ? show(drift, wishes->json) : TOOL_EXIT_ERROR;
}

static ToolExit
run(const ToolVerb *verb, int argc, char **argv, GError **error)
{
    g_auto(Wishes) wishes = { 0 };
    const GOptionEntry entries[] = {
        { "machine", 0, 0, G_OPTION_ARG_STRING_ARRAY, &wishes.machines,
          N_("From this machine type, and given again, to that one"), N_("M") },
        { "qemu", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &wishes.qemus,
          N_("From this QEMU, and given again, to that one"), N_("BINARY") },
        { "replies", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &wishes.replies,
          N_("From what was recorded or probed in FILE to a second such FILE, or to now"),
          N_("FILE") },
        { "domain", 0, 0, G_OPTION_ARG_STRING, &wishes.domain,
          N_("The CPU of a domain of the daemon's, as it runs or would run"), N_("D") },
        { "all", 0, 0, G_OPTION_ARG_NONE, &wishes.all, N_("Every model (the default)"), NULL },
        { "virt-type", 0, 0, G_OPTION_ARG_STRING, &wishes.virt_type,
          N_("Under this virt type (kvm where it works, else qemu)"), N_("T") },
        { "root", 0, 0, G_OPTION_ARG_FILENAME, &wishes.root,
          N_("Use the cache below DIR (the daemon's)"), N_("DIR") },
        { "json", 0, 0, G_OPTION_ARG_NONE, &wishes.json, N_("Print JSON"), NULL },
        { 0 },
    };
    g_auto(GStrv) rest = tool_options_parse(verb, entries, argc, argv, 0, G_MAXUINT, error);
    g_autoptr(VirtCpuDomainDef) def = NULL;
    gboolean is_file;

    if (rest == NULL) {
        return TOOL_EXIT_ERROR;
    }
    if (wishes.domain != NULL && (wishes.all || rest[0] != NULL)) {
        g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
                            _("--domain, --all and a model or file exclude each other."));
        return TOOL_EXIT_ERROR;
    }
    is_file = g_strv_length(rest) == 1 && tool_input_is_file(rest[0]);
    if (wishes.domain != NULL || tool_connect_is_given(verb->connect)) {
        return ask_daemon(verb->connect, &wishes, is_file ? rest[0] : NULL,
                          is_file || rest[0] == NULL ? NULL : rest, error);
    }
    if (is_file && (def = tool_input_subject(rest[0], error)) == NULL) {
        return TOOL_EXIT_ERROR;
    }
    if (!check_wishes(&wishes, def, rest[0] != NULL, error)) {
        return TOOL_EXIT_ERROR;
    }
    return run_wishes(&wishes, is_file || rest[0] == NULL ? NULL : rest, def, error);
}

const ToolVerb tool_verb_drift = {
    .name = "drift",
    .arguments = "[MODEL…|FILE]",
    .summary = N_("Print what a change of machine type, QEMU, kernel or microcode does to CPUs"),
    .reach = TOOL_EITHER,
    .run = run,
};
