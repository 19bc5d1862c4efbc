/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/i18n.h"
#include "drivers/qemu/cache-guests.h"
#include "tools/bus.h"
#include "tools/matrix.h"
#include "tools/options.h"
#include "tools/output.h"
#include "tools/qemu.h"

/* What the command line says. */
typedef struct {
    char *root, *virt_type, *pattern;
    char **machines;
    gboolean fill, in_guest, json;
} Wishes;

static void
wishes_clear(Wishes *wishes)
{
    g_free(wishes->root);
    g_free(wishes->virt_type);
    g_free(wishes->pattern);
    g_strfreev(wishes->machines);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Wishes, wishes_clear)

/* A failure's reason was logged when it was met. */
static void
show_progress(const char *machine, guint done, guint total, const GError *failure,
              gpointer user_data)
{
    tool_matrix_print_progress(machine, done, total, failure != NULL);
}

/* Guests are many and quick: one line a second. */
static void
show_guests(const char *cell, guint done, guint total, const GError *failure, gpointer user_data)
{
    gint64 *shown = user_data;
    const gint64 now = g_get_monotonic_time();

    if (failure != NULL || done == total || now - *shown >= G_TIME_SPAN_SECOND) {
        *shown = now;
        tool_matrix_print_progress(cell, done, total, failure != NULL);
    }
}

/* With --fill alone the progress is all that is asked for. */
static void
show(const VirtCpuJson *models, const Wishes *wishes)
{
    if (wishes->json) {
        tool_output_print_json(models);
    } else if (!wishes->fill || wishes->pattern != NULL || wishes->machines != NULL) {
        tool_matrix_print(models);
    }
}

/* The document that is wished for (transfer full). */
static VirtCpuJson *
ask(VirtCpuQemuCache *cache, const VirtCpuQemuCaps *caps, const Wishes *wishes, guint *known,
    guint *count, GError **error)
{
    gint64 shown = g_get_monotonic_time();
    VirtCpuQemuMatrixWish wish = {
        .machines = (const char *const *)wishes->machines,
        .pattern = wishes->pattern,
        .ask = wishes->fill || wishes->machines != NULL,
        .func = wishes->fill ? show_progress : NULL,
    };

    if (!wishes->in_guest) {
        return virtcpu_qemu_matrix_answer(virtcpu_qemu_cache_matrices(cache), caps, &wish, known,
                                          count, error);
    }
    wish.ask = TRUE;
    wish.func = show_guests;
    wish.user_data = &shown;
    return virtcpu_qemu_cache_guests(cache, caps, &wish, known, count, error);
}

static gboolean
run_wishes(const char *binary, const Wishes *wishes, GError **error)
{
    g_auto(ToolQemu) qemu = { 0 };
    g_autoptr(VirtCpuQemuCaps) caps = NULL;
    g_autoptr(VirtCpuJson) models = NULL;
    guint known = 0;
    guint count = 0;

    if (!tool_qemu_init(&qemu, wishes->root, error) ||
        (caps = tool_qemu_caps(&qemu, binary, wishes->virt_type, error)) == NULL ||
        (models = ask(qemu.cache, caps, wishes, &known, &count, error)) == NULL) {
        return FALSE;
    }
    if (known < count) {
        g_printerr(wishes->in_guest ? _("virtcpu: %u of %u guests are known")
                                    : _("virtcpu: %u of %u machine types are known"),
                   known, count);
        g_printerr("\n");
    }
    show(models, wishes);
    return TRUE;
}

static void
show_bus_progress(const char *machine, guint done, guint total, gboolean failed)
{
    tool_matrix_print_progress(machine, done, total, failed);
}

/* The same by the daemon. */
static gboolean
ask_daemon(const ToolConnect *connect, const char *binary, const Wishes *wishes, GError **error)
{
    g_auto(GVariantDict) options = G_VARIANT_DICT_INIT(NULL);
    g_autoptr(VirtCpuJson) models = NULL;

    if (!tool_connect_check_offline(connect, "--root", wishes->root != NULL, error) ||
        !tool_connect_check_offline(connect, "--in-guest", wishes->in_guest, error)) {
        return FALSE;
    }
    tool_bus_add_qemu(&options, "qemu", binary);
    tool_bus_add_text(&options, "virt-type", wishes->virt_type);
    tool_bus_add_text(&options, "model", wishes->pattern);
    tool_bus_add_texts(&options, "machines", wishes->machines);
    if (wishes->fill) {
        g_variant_dict_insert(&options, "fill", "b", TRUE);
    }
    models = tool_bus_call(connect, "Matrix", g_variant_dict_end(&options),
                           wishes->fill ? show_bus_progress : NULL, error);
    if (models != NULL) {
        show(models, wishes);
    }
    return models != NULL;
}

static ToolExit
run(const ToolVerb *verb, int argc, char **argv, GError **error)
{
    g_auto(Wishes) wishes = { 0 };
    const GOptionEntry entries[] = {
        { "machine", 0, 0, G_OPTION_ARG_STRING_ARRAY, &wishes.machines,
          N_("Only this machine type; asked when it is not known yet. May be given several times"),
          N_("M") },
        { "model", 0, 0, G_OPTION_ARG_STRING, &wishes.pattern,
          N_("Only models that match pattern P (* and ? stand for others)"), N_("P") },
        { "fill", 0, 0, G_OPTION_ARG_NONE, &wishes.fill,
          N_("Ask about every machine type that is not known yet"), NULL },
        { "in-guest", 0, 0, G_OPTION_ARG_NONE, &wishes.in_guest,
          N_("What guests really see: run one for each model and machine type not known yet"),
          NULL },
        { "virt-type", 0, 0, G_OPTION_ARG_STRING, &wishes.virt_type,
          N_("Under this virt type (kvm where it works, else qemu)"), N_("T") },
        { "root", 0, 0, G_OPTION_ARG_FILENAME, &wishes.root,
          N_("Use the cache below DIR (the daemon's)"), N_("DIR") },
        { "json", 0, 0, G_OPTION_ARG_NONE, &wishes.json, N_("Print JSON"), NULL },
        { 0 },
    };
    g_auto(GStrv) rest = tool_options_parse(verb, entries, argc, argv, 1, 1, error);

    gboolean done = rest != NULL;

    if (done) {
        done = tool_connect_is_given(verb->connect)
                   ? ask_daemon(verb->connect, rest[0], &wishes, error)
                   : run_wishes(rest[0], &wishes, error);
    }
    return done ? TOOL_EXIT_OK : TOOL_EXIT_ERROR;
}

const ToolVerb tool_verb_matrix = {
    .name = "matrix",
    .arguments = "BINARY",
    .summary = N_("Print what each model of a QEMU contains under each machine type"),
    .reach = TOOL_EITHER,
    .run = run,
};
