/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/options.h"

#include "conf/error.h"
#include "conf/i18n.h"

char **
tool_options_parse(const ToolVerb *verb, const GOptionEntry *entries, int argc, char **argv,
                   unsigned least, unsigned most, GError **error)
{
    g_autoptr(GOptionContext) context = g_option_context_new(verb->arguments);
    g_autofree char *program = g_strdup_printf("virtcpu %s", verb->name);
    g_auto(GStrv) words = g_new0(char *, (gsize)argc + 1);
    unsigned count;

    /* g_option_context_parse_strv changes the array and frees what it takes out */
    for (int i = 0; i < argc; i++) {
        words[i] = g_strdup(argv[i]);
    }
    g_set_prgname(program);
    g_option_context_set_summary(context, _(verb->summary));
    g_option_context_add_main_entries(context, entries, GETTEXT_PACKAGE);
    if (!g_option_context_parse_strv(context, &words, error)) {
        return NULL;
    }
    if (words[1] != NULL && g_str_equal(words[1], "--")) {
        g_free(words[1]);
        for (unsigned i = 1; words[i] != NULL; i++) {
            words[i] = words[i + 1];
        }
    }
    count = g_strv_length(words) - 1;
    if (count < least || count > most) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
                    _("Arguments of '%s' are missing or too many; the usage is: virtcpu %s "
                      "[OPTION…] %s"),
                    verb->name, verb->name, verb->arguments);
        return NULL;
    }
    return g_strdupv(words + 1);
}

gboolean
tool_options_subject(const ToolVerb *verb, const char *file, const char *domain, GError **error)
{
    if ((file == NULL) == (domain == NULL)) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
                    _("Give '%s' either an argument or --domain; the usage is: virtcpu %s "
                      "[OPTION…] %s"),
                    verb->name, verb->name, verb->arguments);
        return FALSE;
    }
    return TRUE;
}

gboolean
tool_options_arch(const char *name, VirtCpuArch *arch, GError **error)
{
    *arch = name != NULL ? virtcpu_arch_from_string(name) : virtcpu_arch_host();
    if (*arch != VIRTCPU_ARCH_NONE) {
        return TRUE;
    }
    if (name != NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("--arch: unknown architecture '%s'"),
                          name);
    } else {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("the architecture of this machine is unknown; give one with --arch"));
    }
    return FALSE;
}

gboolean
tool_options_models(const char *list, VirtCpuArch arch, char ***models, GError **error)
{
    g_auto(GStrv) names = list != NULL ? g_strsplit(list, ",", -1) : NULL;

    for (char **name = names; name != NULL && *name != NULL; name++) {
        VirtCpuModelInfo info;

        if (!virtcpu_cpu_model_info(arch, *name, &info)) {
            virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                              _("--models: Unknown CPU model '%s' for architecture %s"), *name,
                              virtcpu_arch_to_string(arch));
            return FALSE;
        }
    }
    *models = g_steal_pointer(&names);
    return TRUE;
}

gboolean
tool_options_form(const char *name, VirtCpuCpuForm *form, GError **error)
{
    const int found = virtcpu_words_from_string(&virtcpu_cpu_form_words, name);

    if (name != NULL && found != VIRTCPU_CPU_FORM_EXPLICIT && found != VIRTCPU_CPU_FORM_NAMED) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("unknown form '%s': it is 'explicit' or 'named'"), name);
        return FALSE;
    }
    *form = name != NULL ? (VirtCpuCpuForm)found : VIRTCPU_CPU_FORM_DEFAULT;
    return TRUE;
}
