/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/questions.h"

static const VirtCpuQemuQuestion questions[] = {
    { "version", "query-version", NULL, FALSE },
    { "target", "query-target", NULL, FALSE },
    { "kvm", "query-kvm", NULL, TRUE },
    { "machines", "query-machines", NULL, FALSE },
    { "models", "query-cpu-definitions", NULL, TRUE },
    { "commands", "query-commands", NULL, TRUE },
    { "devices", "qom-list-types", "{\"implements\": \"device\", \"abstract\": false}", TRUE },
    { "max-model", "query-cpu-model-expansion",
      "{\"type\": \"static\", \"model\": {\"name\": \"%s\"}}", TRUE },
    { "max-model-nonmigratable", "query-cpu-model-expansion",
      "{\"type\": \"static\", \"model\": {\"name\": \"%s\", \"props\": {\"migratable\": false}}}",
      TRUE },
};

static const VirtCpuQemuQuestion question_properties = { "properties", "qom-list-properties",
                                                         "{\"typename\": \"%s\"}", TRUE };

static const VirtCpuQemuQuestion question_full_expansion = {
    "max-model", "query-cpu-model-expansion", "{\"type\": \"full\", \"model\": {\"name\": \"%s\"}}",
    TRUE
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
