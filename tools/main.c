/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virtcpu(1): what CPUs are and what QEMUs make of them, with or without a daemon. */
#include "conf/error.h"
#include "conf/i18n.h"
#include "config.h"
#include "tools/verb.h"

#include <errno.h>
#include <libintl.h>
#include <locale.h>
#include <stdio.h>

static const ToolVerb *const verbs[] = {
    &tool_verb_decode,       &tool_verb_compare, &tool_verb_baseline,      &tool_verb_update,
    &tool_verb_expand,       &tool_verb_models,  &tool_verb_features,      &tool_verb_probe,
    &tool_verb_capabilities, &tool_verb_domcaps, &tool_verb_matrix,        &tool_verb_cache,
    &tool_verb_verify,       &tool_verb_args,    &tool_verb_dump,          &tool_verb_drift,
    &tool_verb_explain,      &tool_verb_xml,     &tool_verb_migrate_check, &tool_verb_host_facts,
};

static const ToolVerb *
find_verb(const char *name, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(verbs); i++) {
        if (g_str_equal(verbs[i]->name, name)) {
            return verbs[i];
        }
    }
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
                _("There is no verb '%s'; virtcpu --help lists them."), name);
    return NULL;
}

/* The verbs, one a line, for --help. */
static char *
describe_verbs(void)
{
    GString *text = g_string_new(_("Verbs:"));

    for (gsize i = 0; i < G_N_ELEMENTS(verbs); i++) {
        g_string_append_printf(text, "\n  %-13s %s", verbs[i]->name, _(verbs[i]->summary));
    }
    g_string_append(text, _("\n\nvirtcpu VERB --help tells the options of a verb."));
    return g_string_free(text, FALSE);
}

/* Run the verb that @argv begins with, which asks the daemon that @connect names. */
static ToolExit
run_verb(const ToolConnect *connect, int argc, char **argv, GError **error)
{
    const ToolVerb *found = find_verb(argv[0], error);
    ToolVerb verb;

    if (found == NULL) {
        return TOOL_EXIT_ERROR;
    }
    verb = *found;
    verb.connect = connect;
    if (verb.reach == TOOL_NO_DAEMON && tool_connect_is_given(connect)) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
                    _("'%s' asks no daemon: leave out what stands before it."), verb.name);
        return TOOL_EXIT_ERROR;
    }
    return verb.run(&verb, argc, argv, error);
}

static ToolExit
run(int argc, char **argv, GError **error)
{
    gboolean version = FALSE;
    g_autofree char *uri = NULL;
    g_autofree char *root = NULL;
    const GOptionEntry entries[] = {
        { "connect", 'c', 0, G_OPTION_ARG_STRING, &uri,
          N_("Ask the daemon at URI, as libvirt's clients name it"), N_("URI") },
        { "root", 0, 0, G_OPTION_ARG_FILENAME, &root, N_("Ask the daemon that runs below DIR"),
          N_("DIR") },
        { "version", 0, 0, G_OPTION_ARG_NONE, &version, N_("Print the version"), NULL },
        { 0 },
    };
    g_autoptr(GOptionContext) context = g_option_context_new(_("VERB …"));
    g_autofree char *description = describe_verbs();

    g_option_context_set_summary(context, _("Answer questions about CPUs."));
    g_option_context_set_description(context, description);
    g_option_context_set_strict_posix(context, TRUE);
    g_option_context_add_main_entries(context, entries, GETTEXT_PACKAGE);
    if (!g_option_context_parse(context, &argc, &argv, error)) {
        return TOOL_EXIT_ERROR;
    }
    if (version) {
        g_print("virtcpu %s\n", VIRTCPU_VERSION);
        return TOOL_EXIT_OK;
    }
    if (argc < 2 || (uri != NULL && root != NULL)) {
        g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
                            argc < 2 ? _("A verb is missing; virtcpu --help lists them.")
                                     : _("--connect and --root exclude each other."));
        return TOOL_EXIT_ERROR;
    }
    return run_verb(&(const ToolConnect){ .uri = uri, .root = root }, argc - 1, argv + 1, error);
}

int
main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    ToolExit status;

    setlocale(LC_ALL, "");
    bindtextdomain(GETTEXT_PACKAGE, VIRTCPU_LOCALEDIR);
    bind_textdomain_codeset(GETTEXT_PACKAGE, "UTF-8");
    status = run(argc, argv, &error);
    if (error == NULL && (fflush(stdout) != 0 || ferror(stdout))) {
        virtcpu_error_set_errno(&error, errno, _("cannot write to standard output"));
        status = TOOL_EXIT_ERROR;
    }
    if (error != NULL) {
        text = error->domain == VIRTCPU_ERROR ? virtcpu_error_to_text(error)
                                              : g_strdup(error->message);
        g_printerr("virtcpu: %s\n", text);
    }
    return (int)status;
}
