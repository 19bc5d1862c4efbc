/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/question.h"

#include "tools/bus.h"
#include "tools/input.h"

void
tool_question_clear(ToolQuestion *question)
{
    g_free(question->root);
    g_free(question->qemu);
    g_free(question->machine);
    g_free(question->virt_type);
    g_free(question->domain);
}

gboolean
tool_question_is_online(const ToolQuestion *question, const ToolConnect *connect)
{
    return question->domain != NULL || tool_connect_is_given(connect);
}

VirtCpuJson *
tool_question_ask(const ToolQuestion *question, const ToolConnect *connect, const char *method,
                  const char *file, GVariantDict *options, GError **error)
{
    g_autofree char *text = file != NULL ? tool_input_read(file, error) : NULL;

    if ((file != NULL && text == NULL) ||
        !tool_connect_check_offline(connect, "--root", question->root != NULL, error)) {
        return NULL;
    }
    tool_bus_add_text(options, "definition", text);
    tool_bus_add_text(options, "domain", question->domain);
    tool_bus_add_qemu(options, "qemu", question->qemu);
    tool_bus_add_text(options, "machine", question->machine);
    tool_bus_add_text(options, "virt-type", question->virt_type);
    return tool_bus_call(connect, method, g_variant_dict_end(options), NULL, error);
}
