/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/questions.h"

static const VirtCpuQemuQuestion questions[] = {
    { .member = "version", .command = "query-version" },
    { .member = "target", .command = "query-target" },
    { .member = "kvm", .command = "query-kvm", .optional = TRUE },
    { .member = "machines", .command = "query-machines" },
    { .member = "models", .command = "query-cpu-definitions", .optional = TRUE },
    { .member = "commands", .command = "query-commands", .optional = TRUE },
    { .member = "devices",
      .command = "qom-list-types",
      .arguments = "{\"implements\": \"device\", \"abstract\": false}",
      .optional = TRUE,
      .loads_modules = TRUE },
    { .member = "max-model",
      .command = VIRTCPU_QEMU_EXPANSION,
      .arguments = "{\"type\": \"static\", \"model\": {\"name\": \"%s\"}}",
      .optional = TRUE },
    { .member = "max-model-nonmigratable",
      .command = VIRTCPU_QEMU_EXPANSION,
      .arguments = "{\"type\": \"static\", \"model\": {\"name\": \"%s\", "
                   "\"props\": {\"migratable\": false}}}",
      .optional = TRUE },
    { .member = "accelerators",
      .command = "qom-list-types",
      .arguments = "{\"implements\": \"accel\", \"abstract\": false}",
      .optional = TRUE,
      .loads_modules = TRUE,
      .exact = TRUE },
    { .member = "sandbox",
      .command = "query-command-line-options",
      .arguments = "{\"option\": \"sandbox\"}",
      .optional = TRUE },
};

static const VirtCpuQemuQuestion question_properties = {
    .member = "properties",
    .command = "qom-list-properties",
    .arguments = "{\"typename\": \"%s\"}",
    .optional = TRUE,
};

static const VirtCpuQemuQuestion question_full_expansion = {
    .member = "max-model",
    .command = VIRTCPU_QEMU_EXPANSION,
    .arguments = "{\"type\": \"full\", \"model\": {\"name\": \"%s\"}}",
    .optional = TRUE,
};

static const VirtCpuQemuQuestion question_deprecated = {
    .member = "max-model-full",
    .command = VIRTCPU_QEMU_EXPANSION,
    .arguments = "{\"type\": \"full\", \"model\": {\"name\": \"%s\"}}",
    .optional = TRUE,
};

const VirtCpuQemuQuestion *
virtcpu_qemu_questions(gsize *count)
{
    *count = G_N_ELEMENTS(questions);
    return questions;
}

const VirtCpuQemuQuestion *
virtcpu_qemu_question_properties(void)
{
    return &question_properties;
}

const VirtCpuQemuQuestion *
virtcpu_qemu_question_full_expansion(void)
{
    return &question_full_expansion;
}

const VirtCpuQemuQuestion *
virtcpu_qemu_question_deprecated(void)
{
    return &question_deprecated;
}

gboolean
virtcpu_qemu_expansion_tells_deprecated(const VirtCpuJson *expansion)
{
    return virtcpu_json_get(expansion, "deprecated-props") != NULL;
}

VirtCpuJson *
virtcpu_qemu_expansion_arguments(const char *type, const char *model, VirtCpuJson *props)
{
    VirtCpuJson *arguments = virtcpu_json_new_object();
    VirtCpuJson *object;

    virtcpu_json_set_string(arguments, "type", type);
    object = virtcpu_json_set(arguments, "model", virtcpu_json_new_object());
    virtcpu_json_set_string(object, "name", model);
    if (props != NULL) {
        virtcpu_json_set(object, "props", props);
    }
    return arguments;
}

const char *
virtcpu_qemu_largest_model(VirtCpuVirtType virt_type)
{
    return virt_type == VIRTCPU_VIRT_KVM ? "host" : "max";
}

VirtCpuJson *
virtcpu_qemu_question_arguments(const VirtCpuQemuQuestion *question, const char *subject)
{
    g_autoptr(GString) text = NULL;

    if (question->arguments == NULL) {
        return NULL;
    }
    text = g_string_new(question->arguments);
    g_string_replace(text, "%s", subject, 1);
    return virtcpu_json_parse(text->str, (gssize)text->len, NULL);
}

const char *
virtcpu_qemu_definition_type(const VirtCpuJson *definitions, const char *name)
{
    for (gsize i = 0; i < virtcpu_json_size(definitions); i++) {
        const VirtCpuJson *definition = virtcpu_json_at(definitions, i);

        if (g_strcmp0(virtcpu_json_get_string(definition, "name"), name) == 0) {
            return virtcpu_json_get_string(definition, "typename");
        }
    }
    return NULL;
}
