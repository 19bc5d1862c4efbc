/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/machine-models.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/questions.h"
#include "drivers/qemu/session.h"

/* QEMU leaves out "props" where a model has none to tell. */
VirtCpuJson *
virtcpu_qemu_machine_models_take(VirtCpuQmpCall *call)
{
    VirtCpuJson *model = call->reply != NULL ? virtcpu_json_take(call->reply, "model") : NULL;

    if (model != NULL) {
        if (virtcpu_json_get(model, "props") == NULL) {
            virtcpu_json_set(model, "props", virtcpu_json_new_object());
        }
        return model;
    }
    return virtcpu_json_new_string(call->error != NULL ? call->error->message
                                                       : _("QEMU's answer has no model"));
}

/* One answer for each of @models, asked in one go. */
static VirtCpuJson *
ask(VirtCpuQemuSession *session, const GPtrArray *models, GError **error)
{
    g_autofree VirtCpuQmpCall *calls = g_new0(VirtCpuQmpCall, models->len);
    g_autoptr(GPtrArray) arguments =
        g_ptr_array_new_with_free_func((GDestroyNotify)virtcpu_json_free);
    g_autoptr(VirtCpuJson) answers = virtcpu_json_new_array();
    gboolean ok;

    for (guint i = 0; i < models->len; i++) {
        const VirtCpuHvModel *model = g_ptr_array_index(models, i);
        VirtCpuJson *json = virtcpu_qemu_expansion_arguments("full", model->name, NULL);

        g_ptr_array_add(arguments, json);
        calls[i].command = VIRTCPU_QEMU_EXPANSION;
        calls[i].arguments = json;
    }
    ok = virtcpu_qemu_session_ask(session, calls, models->len, error);
    for (guint i = 0; i < models->len; i++) {
        if (ok) {
            virtcpu_json_append(answers, virtcpu_qemu_machine_models_take(&calls[i]));
        }
        virtcpu_qmp_call_clear(&calls[i]);
    }
    return ok ? g_steal_pointer(&answers) : NULL;
}

gboolean
virtcpu_qemu_machine_models_can_ask(const VirtCpuQemuCaps *caps)
{
    return virtcpu_qemu_caps_has_command(caps, VIRTCPU_QEMU_EXPANSION) && caps->models->len > 0;
}

VirtCpuJson *
virtcpu_qemu_machine_models_ask(const VirtCpuQemuCaps *caps, const char *machine,
                                unsigned timeout_ms, GCancellable *cancel, GError **error)
{
    g_autoptr(VirtCpuQemuSession) session = NULL;
    GError *reason = NULL;
    VirtCpuJson *answers;

    if (!virtcpu_qemu_caps_has_command(caps, VIRTCPU_QEMU_EXPANSION)) {
        virtcpu_error_set(error, VIRTCPU_ERR_NO_SUPPORT,
                          _("QEMU binary '%s' cannot say what its CPU models contain"),
                          caps->binary);
        return NULL;
    }
    session =
        virtcpu_qemu_session_new(caps->binary, caps->virt_type, machine, timeout_ms, cancel, error);
    if (session == NULL) {
        return NULL;
    }
    answers = ask(session, caps->models, &reason);
    if (answers == NULL) {
        virtcpu_qemu_session_explain(session, reason, error);
    }
    return answers;
}
