/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/input.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/host/host.h"
#include "drivers/qemu/guest-verify.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define READ_BYTES 65536

static void
tool_cpu_free(gpointer data)
{
    ToolCpu *cpu = data;

    g_free(cpu->where);
    virtcpu_def_free(cpu->def);
    g_free(cpu);
}

/* All of @stream, at most what any reader takes. */
static GString *
read_stream(FILE *stream, const char *file, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    char buffer[READ_BYTES];
    gsize count;

    while ((count = fread(buffer, 1, sizeof(buffer), stream)) > 0) {
        g_string_append_len(text, buffer, (gssize)count);
        if (text->len > VIRTCPU_JSON_MAX_BYTES) {
            virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("%s: longer than %u bytes"), file,
                              VIRTCPU_JSON_MAX_BYTES);
            return NULL;
        }
    }
    if (ferror(stream)) {
        virtcpu_error_set_errno(error, errno, _("cannot read '%s'"), file);
        return NULL;
    }
    return g_steal_pointer(&text);
}

char *
tool_input_read(const char *file, GError **error)
{
    gboolean standard = g_str_equal(file, "-");
    FILE *stream = standard ? stdin : fopen(file, "re");
    g_autoptr(GString) text = NULL;

    if (stream == NULL) {
        virtcpu_error_set_errno(error, errno, _("cannot open '%s'"), file);
        return NULL;
    }
    text = read_stream(stream, file, error);
    if (!standard) {
        fclose(stream);
    }
    if (text == NULL) {
        return NULL;
    }
    if (strlen(text->str) != text->len) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("%s: byte %zu is NUL: not a text"),
                          file, strlen(text->str));
        return NULL;
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

GPtrArray *
tool_input_cpus(const char *file, GError **error)
{
    g_autofree char *text = tool_input_read(file, error);
    g_autoptr(GPtrArray) defs = NULL;
    GPtrArray *cpus;

    if (text == NULL) {
        return NULL;
    }
    defs = virtcpu_def_parse_all(text, error);
    if (defs == NULL) {
        g_prefix_error(error, "%s: ", file);
        return NULL;
    }
    cpus = g_ptr_array_new_with_free_func(tool_cpu_free);
    for (guint i = 0; i < defs->len; i++) {
        ToolCpu *cpu = g_new0(ToolCpu, 1);

        cpu->where =
            defs->len == 1 ? g_strdup(file) : g_strdup_printf(_("%s, CPU %u"), file, i + 1);
        cpu->def = virtcpu_def_copy(g_ptr_array_index(defs, i));
        g_ptr_array_add(cpus, cpu);
    }
    return cpus;
}

static VirtCpuDef *
read_this_machine(GError **error)
{
    g_autoptr(VirtCpuHost) host = virtcpu_host_read(NULL, error);

    if (host == NULL) {
        return NULL;
    }
    if (host->cpu == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_NO_SUPPORT,
                          _("the CPU of this machine (%s) has no name in the map; give one with "
                            "--host FILE"),
                          virtcpu_arch_to_string(host->arch));
        return NULL;
    }
    return virtcpu_def_copy(host->cpu);
}

VirtCpuDef *
tool_input_host(const char *file, VirtCpuArch arch, GError **error)
{
    g_autoptr(GPtrArray) cpus = NULL;
    VirtCpuDef *def;

    if (file == NULL) {
        return read_this_machine(error);
    }
    cpus = tool_input_cpus(file, error);
    if (cpus == NULL) {
        return NULL;
    }
    if (cpus->len != 1) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("%s: holds %u CPUs, but the host is one"), file, cpus->len);
        return NULL;
    }
    def = virtcpu_def_copy(((ToolCpu *)g_ptr_array_index(cpus, 0))->def);
    if (def->arch == VIRTCPU_ARCH_NONE) {
        def->arch = arch;
    }
    return def;
}

gboolean
tool_input_is_file(const char *argument)
{
    return g_str_equal(argument, "-") || strchr(argument, '/') != NULL ||
           g_str_has_suffix(argument, ".xml") || g_file_test(argument, G_FILE_TEST_EXISTS);
}

VirtCpuDomainDef *
tool_input_subject(const char *file, GError **error)
{
    g_autofree char *text = tool_input_read(file, error);
    VirtCpuDomainDef *def;

    if (text == NULL) {
        return NULL;
    }
    def = virtcpu_subject_parse(text, error);
    if (def == NULL) {
        g_prefix_error(error, "%s: ", file);
    }
    return def;
}
