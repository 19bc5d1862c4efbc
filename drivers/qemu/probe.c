/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/probe.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/questions.h"
#include "drivers/qemu/session.h"

/* Put the answer to @question into @document, or fail when it may not be missing. */
static gboolean
keep_answer(VirtCpuJson *document, const VirtCpuQemuQuestion *question, VirtCpuQmpCall *call,
            GError **error)
{
    if (call->reply != NULL) {
        virtcpu_json_set(document, question->member, g_steal_pointer(&call->reply));
        return TRUE;
    }
    if (!question->optional) {
        g_propagate_error(error, g_steal_pointer(&call->error));
        return FALSE;
    }
    return TRUE;
}

/* Ask @questions about @subject in one go and keep the answers. */
static gboolean
ask_many(VirtCpuQemuSession *session, const VirtCpuQemuQuestion *questions, gsize count,
         const char *subject, VirtCpuJson *document, GError **error)
{
    g_autofree VirtCpuQmpCall *calls = g_new0(VirtCpuQmpCall, count);
    g_autoptr(GPtrArray) arguments =
        g_ptr_array_new_with_free_func((GDestroyNotify)virtcpu_json_free);
    gboolean ok;

    for (gsize i = 0; i < count; i++) {
        VirtCpuJson *json = virtcpu_qemu_question_arguments(&questions[i], subject);

        g_ptr_array_add(arguments, json);
        calls[i].command = questions[i].command;
        calls[i].arguments = json;
    }
    ok = virtcpu_qemu_session_ask(session, calls, count, error);
    for (gsize i = 0; i < count; i++) {
        ok = ok && keep_answer(document, &questions[i], &calls[i], error);
    }
    for (gsize i = 0; i < count; i++) {
        virtcpu_qmp_call_clear(&calls[i]);
    }
    return ok;
}

static gboolean
ask_all(VirtCpuQemuSession *session, VirtCpuVirtType virt_type, VirtCpuJson *document,
        GError **error)
{
    const char *largest = virtcpu_qemu_largest_model(virt_type);
    const char *type;
    gsize count;
    const VirtCpuQemuQuestion *questions = virtcpu_qemu_questions(&count);

    if (!ask_many(session, questions, count, largest, document, error)) {
        return FALSE;
    }
    type = virtcpu_qemu_definition_type(virtcpu_json_get(document, "models"), "max");
    if (type != NULL &&
        !ask_many(session, virtcpu_qemu_question_properties(), 1, type, document, error)) {
        return FALSE;
    }
    return virtcpu_json_get(document, "max-model") != NULL ||
           ask_many(session, virtcpu_qemu_question_full_expansion(), 1, largest, document, error);
}

/* What QEMU says it is must be what was asked for. */
static gboolean
check_accelerator(const VirtCpuQemuCaps *caps, GError **error)
{
    if (caps->virt_type == VIRTCPU_VIRT_KVM && !caps->kvm_enabled) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("QEMU binary '%s' runs without KVM here"), caps->binary);
        return FALSE;
    }
    return TRUE;
}

VirtCpuQemuCaps *
virtcpu_qemu_probe_record(const char *binary, VirtCpuVirtType virt_type, unsigned timeout_ms,
                          GString *record, GCancellable *cancel, GError **error)
{
    g_autoptr(VirtCpuQemuSession) session = virtcpu_qemu_session_new(
        binary, virt_type, VIRTCPU_QEMU_NO_MACHINE, timeout_ms, cancel, error);
    g_autoptr(VirtCpuJson) document = virtcpu_json_new_object();
    g_autoptr(VirtCpuQemuCaps) caps = NULL;
    GError *reason = NULL;

    if (session == NULL) {
        return NULL;
    }
    virtcpu_qemu_session_record(session, record);
    virtcpu_json_set_string(document, "binary", binary);
    virtcpu_json_set_string(document, "virt-type", virtcpu_virt_type_to_string(virt_type));
    if (!ask_all(session, virt_type, document, &reason)) {
        virtcpu_qemu_session_explain(session, reason, error);
        return NULL;
    }
    caps = virtcpu_qemu_caps_from_json(document, error);
    return caps != NULL && check_accelerator(caps, error) ? g_steal_pointer(&caps) : NULL;
}

VirtCpuQemuCaps *
virtcpu_qemu_probe(const char *binary, VirtCpuVirtType virt_type, unsigned timeout_ms,
                   GCancellable *cancel, GError **error)
{
    return virtcpu_qemu_probe_record(binary, virt_type, timeout_ms, NULL, cancel, error);
}
