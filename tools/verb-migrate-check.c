/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/i18n.h"
#include "tools/host-file.h"
#include "tools/input.h"
#include "tools/libvirt-arrival.h"
#include "tools/options.h"
#include "tools/output.h"

/* What the command line says. */
typedef struct {
    char **dests, **hosts;
    char *root;
    gboolean json;
} Wishes;

static void
wishes_clear(Wishes *wishes)
{
    g_strfreev(wishes->dests);
    g_strfreev(wishes->hosts);
    g_free(wishes->root);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Wishes, wishes_clear)

/* The guest that is asked about. */
typedef struct {
    char *xml;      /* its <domain> */
    char *passport; /* as text; NULL: it has none, because */
    char *why_none;
    VirtCpuArrivalQuestion parsed;
} Guest;

static void
guest_clear(Guest *guest)
{
    g_free(guest->xml);
    g_free(guest->passport);
    g_free(guest->why_none);
    virtcpu_arrival_question_clear(&guest->parsed);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Guest, guest_clear)

/* ---- the guest ---- */

/* The passport that a start here would give. A machine without the QEMU for it judges by <cpu>. */
static gboolean
make_passport(Guest *guest, const char *root, GError **error)
{
    g_auto(ToolQemu) qemu = { 0 };
    g_autoptr(GError) reason = NULL;

    if (!tool_qemu_init(&qemu, root, error)) {
        return FALSE;
    }
    guest->parsed.passport =
        virtcpu_passport_of_start(qemu.host, qemu.cache, guest->parsed.def, &reason);
    if (guest->parsed.passport != NULL) {
        guest->passport = virtcpu_passport_to_xml(guest->parsed.passport);
    } else {
        guest->why_none = g_strdup(reason->message);
    }
    return TRUE;
}

static gboolean
read_file(Guest *guest, const char *file, const char *root, GError **error)
{
    guest->xml = tool_input_read(file, error);
    if (guest->xml == NULL || !virtcpu_arrival_question_parse(guest->xml, &guest->parsed, error)) {
        if (guest->xml != NULL) {
            g_prefix_error(error, "%s: ", file);
        }
        return FALSE;
    }
    return guest->parsed.passport != NULL || make_passport(guest, root, error);
}

/* A domain of the daemon's, or a file that the daemon is to start, so to speak. */
static gboolean
ask_source(Guest *guest, const ToolConnect *connect, const char *name, GError **error)
{
    g_autoptr(ToolLibvirt) source = tool_libvirt_open(connect, error);

    if (source == NULL) {
        return FALSE;
    }
    guest->xml = tool_input_is_file(name) ? tool_input_read(name, error)
                                          : tool_libvirt_domain_xml(source, name, error);
    if (guest->xml == NULL ||
        !tool_libvirt_passport(source, guest->xml, &guest->passport, &guest->why_none, error)) {
        return FALSE;
    }
    return virtcpu_arrival_question_parse(guest->xml, &guest->parsed, error) &&
           (guest->passport == NULL ||
            (guest->parsed.passport = virtcpu_passport_parse(guest->passport, error)) != NULL);
}

static gboolean
get_guest(Guest *guest, const ToolConnect *connect, const Wishes *wishes, const char *name,
          GError **error)
{
    return tool_input_is_file(name) && !tool_connect_is_given(connect)
               ? read_file(guest, name, wishes->root, error)
               : ask_source(guest, connect, name, error);
}

/* ---- destinations ---- */

/* Its own word on why it was judged by <cpu> only is what counts. */
static void
tell_why(const Guest *guest, VirtCpuJson *answer)
{
    if (guest->why_none != NULL && virtcpu_json_get(answer, "unproven") != NULL) {
        virtcpu_json_set_string(answer, "unproven", guest->why_none);
    }
}

static VirtCpuJson *
judge_uri(const Guest *guest, const char *uri, GError **error)
{
    const ToolConnect connect = { .uri = uri };
    g_autoptr(ToolLibvirt) dest = tool_libvirt_open(&connect, error);

    return dest != NULL ? tool_libvirt_judge(dest, guest->xml, guest->passport,
                                             guest->parsed.passport, guest->parsed.def, error)
                        : NULL;
}

static VirtCpuJson *
judge_file(const Guest *guest, const char *path, char **name, GError **error)
{
    g_auto(ToolHostFile) file = { 0 };
    g_auto(VirtCpuArrival) arrival = { 0 };
    const ToolHostQemu *qemu;
    VirtCpuArrivalPlace place;

    if (!tool_host_file_read(path, &file, error)) {
        return NULL;
    }
    *name = g_strdup(file.name);
    qemu = tool_host_file_find(&file, guest->parsed.def);
    if (qemu == NULL) {
        virtcpu_arrival_refuse(&arrival, file.host, guest->parsed.def, guest->parsed.passport,
                               _("the file tells of no such QEMU for this guest"));
        return virtcpu_arrival_to_json(&arrival);
    }
    place = (VirtCpuArrivalPlace){ .host = file.host, .caps = qemu->caps, .facts = qemu->facts };
    return virtcpu_arrival_judge_at(&place, guest->parsed.def, guest->parsed.passport, &arrival,
                                    error)
               ? virtcpu_arrival_to_json(&arrival)
               : NULL;
}

static VirtCpuJson *
judge_here(const Guest *guest, const char *root, GError **error)
{
    g_auto(ToolQemu) qemu = { 0 };
    g_auto(VirtCpuArrival) arrival = { 0 };

    return tool_qemu_init(&qemu, root, error) &&
                   virtcpu_arrival_judge_here(qemu.host, qemu.cache, guest->parsed.def,
                                              guest->parsed.passport, &arrival, error)
               ? virtcpu_arrival_to_json(&arrival)
               : NULL;
}

/* Add what came of destination @name: @answer (transfer full), or NULL with why it could not be
 * asked. */
static void
add_answer(VirtCpuJson *list, const Guest *guest, const char *name, VirtCpuJson *answer,
           const GError *reason)
{
    VirtCpuJson *entry = answer != NULL ? answer : virtcpu_json_new_object();

    if (answer == NULL) {
        virtcpu_json_set_string(entry, "error", reason->message);
    } else {
        tell_why(guest, entry);
    }
    virtcpu_json_set_string(entry, "destination", name);
    virtcpu_json_append(list, entry);
}

static VirtCpuJson *
judge_all(const Guest *guest, const ToolConnect *connect, const Wishes *wishes)
{
    VirtCpuJson *list = virtcpu_json_new_array();

    for (char **uri = wishes->dests; uri != NULL && *uri != NULL; uri++) {
        g_autoptr(GError) reason = NULL;
        VirtCpuJson *answer = judge_uri(guest, *uri, &reason);

        add_answer(list, guest, *uri, answer, reason);
    }
    for (char **path = wishes->hosts; path != NULL && *path != NULL; path++) {
        g_autoptr(GError) reason = NULL;
        g_autofree char *name = NULL;
        VirtCpuJson *answer = judge_file(guest, *path, &name, &reason);

        add_answer(list, guest, name != NULL ? name : *path, answer, reason);
    }
    if (virtcpu_json_size(list) == 0) {
        g_autofree char *uri = tool_connect_is_given(connect) ? tool_connect_uri(connect) : NULL;
        g_autoptr(GError) reason = NULL;
        VirtCpuJson *answer =
            uri != NULL ? judge_uri(guest, uri, &reason) : judge_here(guest, wishes->root, &reason);

        add_answer(list, guest, uri != NULL ? uri : g_get_host_name(), answer, reason);
    }
    return list;
}

/* ---- for people ---- */

/* The text at @key, or a dash: not everything is known of every destination. */
static const char *
get_text(const VirtCpuJson *answer, const char *key)
{
    const char *text = virtcpu_json_get_string(answer, key);

    return text != NULL ? text : "-";
}

/* How many columns @text takes. */
static int
columns(const char *text)
{
    return (int)g_utf8_strlen(text, -1);
}

static void
print_row(int width, const char *destination, const char *verdict, const char *rest)
{
    g_print("%s%*s  %-4s %s\n", destination, width - columns(destination), "", verdict, rest);
}

static void
print_obstacle(int width, const VirtCpuJson *obstacle)
{
    g_autofree char *line = g_strdup_printf(
        "%s: %s %s (%s)", virtcpu_json_get_string(obstacle, "name"),
        virtcpu_json_get_string(obstacle, "state"), virtcpu_json_get_string(obstacle, "evidence"),
        virtcpu_json_get_string(obstacle, "layer"));
    g_autofree char *remedy = g_strdup_printf("  %s", virtcpu_json_get_string(obstacle, "remedy"));

    print_row(width, "", "", line);
    print_row(width, "", "", remedy);
}

static void
print_answer(int width, const VirtCpuJson *answer)
{
    const char *name = virtcpu_json_get_string(answer, "destination");
    const char *trouble = virtcpu_json_get_string(answer, "error");
    const char *unproven = virtcpu_json_get_string(answer, "unproven");
    const VirtCpuJson *obstacles = virtcpu_json_get(answer, "obstacles");
    g_autofree char *where = NULL;

    if (trouble != NULL) {
        print_row(width, name, "-", trouble);
        return;
    }
    where =
        g_strdup_printf("%s %s, %s, %s", get_text(answer, "emulator"), get_text(answer, "version"),
                        get_text(answer, "machine"), get_text(answer, "proof"));
    print_row(width, name, virtcpu_json_get_bool(answer, "possible", FALSE) ? _("yes") : _("no"),
              where);
    for (gsize i = 0; i < virtcpu_json_size(obstacles); i++) {
        print_obstacle(width, virtcpu_json_at(obstacles, i));
    }
    if (unproven != NULL) {
        g_autofree char *line = g_strdup_printf(_("not proven in a guest: %s"), unproven);

        print_row(width, "", "", line);
    }
}

static void
print_table(const VirtCpuJson *answers)
{
    int width = columns(_("destination"));

    for (gsize i = 0; i < virtcpu_json_size(answers); i++) {
        const char *name = virtcpu_json_get_string(virtcpu_json_at(answers, i), "destination");

        width = MAX(width, columns(name));
    }
    print_row(width, _("destination"), _("can"),
              _("QEMU, machine type, how deep it was looked at"));
    for (gsize i = 0; i < virtcpu_json_size(answers); i++) {
        print_answer(width, virtcpu_json_at(answers, i));
    }
}

/* One that could not be asked is worse than one that cannot. */
static ToolExit
sum_up(const VirtCpuJson *answers, GError **error)
{
    ToolExit status = TOOL_EXIT_OK;

    for (gsize i = 0; i < virtcpu_json_size(answers); i++) {
        const VirtCpuJson *answer = virtcpu_json_at(answers, i);

        if (virtcpu_json_get(answer, "error") != NULL) {
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, _("%s cannot be asked: %s"),
                        virtcpu_json_get_string(answer, "destination"),
                        virtcpu_json_get_string(answer, "error"));
            return TOOL_EXIT_ERROR;
        }
        if (!virtcpu_json_get_bool(answer, "possible", FALSE)) {
            status = TOOL_EXIT_INCOMPATIBLE;
        }
    }
    return status;
}

static ToolExit
run(const ToolVerb *verb, int argc, char **argv, GError **error)
{
    g_auto(Wishes) wishes = { 0 };
    const GOptionEntry entries[] = {
        { "dest", 0, 0, G_OPTION_ARG_STRING_ARRAY, &wishes.dests,
          N_("Ask the daemon at URI whether the guest could go there; may be repeated"),
          N_("URI") },
        { "host", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &wishes.hosts,
          N_("Judge by FILE, of host-facts or a QEMU's recording; may be repeated"), N_("FILE") },
        { "root", 0, 0, G_OPTION_ARG_FILENAME, &wishes.root,
          N_("Use the cache below DIR (the daemon's)"), N_("DIR") },
        { "json", 0, 0, G_OPTION_ARG_NONE, &wishes.json, N_("Print JSON"), NULL },
        { 0 },
    };
    g_auto(GStrv) names = tool_options_parse(verb, entries, argc, argv, 1, 1, error);
    g_auto(Guest) guest = { 0 };
    g_autoptr(VirtCpuJson) answers = NULL;

    if (names == NULL ||
        !tool_connect_check_offline(verb->connect, "--root", wishes.root != NULL, error) ||
        !get_guest(&guest, verb->connect, &wishes, names[0], error)) {
        return TOOL_EXIT_ERROR;
    }
    answers = judge_all(&guest, verb->connect, &wishes);
    if (wishes.json) {
        tool_output_print_json(answers);
    } else {
        print_table(answers);
    }
    return sum_up(answers, error);
}

const ToolVerb tool_verb_migrate_check = {
    .name = "migrate-check",
    .arguments = "DOMAIN|FILE",
    .summary =
        N_("Print where a guest could migrate to with exactly its CPU, and what stands in the "
           "way elsewhere"),
    .reach = TOOL_EITHER,
    .run = run,
};
