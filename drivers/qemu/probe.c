/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/probe.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/cache-search.h"
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

/* One QEMU being asked. */
typedef struct {
    VirtCpuQemuSession *session;
    gboolean careful;      /* nothing that loads modules is asked */
    gboolean answered;     /* it answered something, whatever became of it then */
    VirtCpuJson *document; /* the answers */
} Probe;

/* Ask @questions about @subject in one go and keep the answers. */
static gboolean
ask_many(Probe *probe, const VirtCpuQemuQuestion *questions, gsize count, const char *subject,
         GError **error)
{
    g_autofree VirtCpuQmpCall *calls = g_new0(VirtCpuQmpCall, count);
    g_autofree const VirtCpuQemuQuestion **asked = g_new0(const VirtCpuQemuQuestion *, count);
    g_autoptr(GPtrArray) arguments =
        g_ptr_array_new_with_free_func((GDestroyNotify)virtcpu_json_free);
    gsize used = 0;
    gboolean ok;

    for (gsize i = 0; i < count; i++) {
        VirtCpuJson *json;

        if (probe->careful && questions[i].loads_modules) {
            continue;
        }
        json = virtcpu_qemu_question_arguments(&questions[i], subject);
        g_ptr_array_add(arguments, json);
        calls[used].command = questions[i].command;
        calls[used].arguments = json;
        asked[used++] = &questions[i];
    }
    ok = virtcpu_qemu_session_ask(probe->session, calls, used, error);
    for (gsize i = 0; i < used; i++) {
        probe->answered |= calls[i].reply != NULL;
        ok = ok && keep_answer(probe->document, asked[i], &calls[i], error);
    }
    for (gsize i = 0; i < used; i++) {
        virtcpu_qmp_call_clear(&calls[i]);
    }
    return ok;
}

static gboolean
ask_all(Probe *probe, VirtCpuVirtType virt_type, GError **error)
{
    const char *largest = virtcpu_qemu_largest_model(virt_type);
    const VirtCpuJson *expansion;
    const char *type;
    gsize count;
    const VirtCpuQemuQuestion *questions = virtcpu_qemu_questions(&count);

    if (!ask_many(probe, questions, count, largest, error)) {
        return FALSE;
    }
    type = virtcpu_qemu_definition_type(virtcpu_json_get(probe->document, "models"), "max");
    if (type != NULL && !ask_many(probe, virtcpu_qemu_question_properties(), 1, type, error)) {
        return FALSE;
    }
    expansion = virtcpu_json_get(probe->document, "max-model");
    if (expansion == NULL) {
        return ask_many(probe, virtcpu_qemu_question_full_expansion(), 1, largest, error);
    }
    return !virtcpu_qemu_expansion_tells_deprecated(expansion) ||
           ask_many(probe, virtcpu_qemu_question_deprecated(), 1, largest, error);
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

/* What its name says is what it is chosen for. */
static gboolean
check_arch(const VirtCpuQemuCaps *caps, GError **error)
{
    const VirtCpuArch claim = virtcpu_qemu_search_claim(caps->binary);

    if (claim != VIRTCPU_ARCH_NONE && !virtcpu_arch_runs(caps->arch, claim)) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("QEMU binary '%s' runs guests of architecture '%s', not of '%s' as its "
                            "name says"),
                          caps->binary, virtcpu_arch_to_string(caps->arch),
                          virtcpu_arch_to_string(claim));
        return FALSE;
    }
    return TRUE;
}

/* What a probe is about. */
typedef struct {
    const char *binary;
    VirtCpuVirtType virt_type;
    unsigned timeout_ms;
    GString *record; /* or NULL */
    GCancellable *cancel;
} Request;

/* Start one QEMU and ask it all, less what loads modules when @careful. @fell (out, may be NULL):
 * TRUE when it failed after it had begun to answer. */
static VirtCpuQemuCaps *
ask_one(const Request *request, gboolean careful, gboolean *fell, GError **error)
{
    g_autoptr(VirtCpuQemuSession) session =
        virtcpu_qemu_session_new(request->binary, request->virt_type, VIRTCPU_QEMU_NO_MACHINE,
                                 request->timeout_ms, request->cancel, error);
    g_autoptr(VirtCpuJson) document = virtcpu_json_new_object();
    Probe probe = { session, careful, FALSE, document };
    g_autoptr(VirtCpuQemuCaps) caps = NULL;
    GError *reason = NULL;

    if (session == NULL) {
        return NULL;
    }
    virtcpu_qemu_session_record(session, request->record);
    virtcpu_json_set_string(document, "binary", request->binary);
    virtcpu_json_set_string(document, "virt-type", virtcpu_virt_type_to_string(request->virt_type));
    if (!ask_all(&probe, request->virt_type, &reason)) {
        if (fell != NULL) {
            *fell = probe.answered;
        }
        virtcpu_qemu_session_explain(session, reason, error);
        return NULL;
    }
    caps = virtcpu_qemu_caps_from_json(document, &reason);
    if (caps == NULL) {
        virtcpu_qemu_session_explain(session, reason, error);
        return NULL;
    }
    return check_arch(caps, error) && check_accelerator(caps, error) ? g_steal_pointer(&caps)
                                                                     : NULL;
}

/* Modules are of the build of one binary only: in the middle of an upgrade, or beside another QEMU,
 * opening them all may end it. */
VirtCpuQemuCaps *
virtcpu_qemu_probe_record(const char *binary, VirtCpuVirtType virt_type, unsigned timeout_ms,
                          GString *record, GCancellable *cancel, GError **error)
{
    const Request request = { binary, virt_type, timeout_ms, record, cancel };
    g_autoptr(GError) failure = NULL;
    gsize recorded = record != NULL ? record->len : 0;
    gboolean fell = FALSE;
    VirtCpuQemuCaps *caps = ask_one(&request, FALSE, &fell, &failure);

    if (caps != NULL) {
        return caps;
    }
    if (fell && g_error_matches(failure, VIRTCPU_ERROR, VIRTCPU_ERR_INTERNAL_ERROR)) {
        g_autofree char *first = record != NULL ? g_strdup(record->str + recorded) : NULL;

        if (record != NULL) {
            g_string_truncate(record, recorded); /* one conversation, of one QEMU */
        }
        caps = ask_one(&request, TRUE, NULL, NULL);
        if (caps == NULL && record != NULL) {
            g_string_truncate(record, recorded);
            g_string_append(record, first);
        }
    }
    if (caps == NULL) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return NULL;
    }
    g_message("'%s' was not asked for its devices, and all are taken to be there: %s", binary,
              failure->message);
    return caps;
}

VirtCpuQemuCaps *
virtcpu_qemu_probe(const char *binary, VirtCpuVirtType virt_type, unsigned timeout_ms,
                   GCancellable *cancel, GError **error)
{
    return virtcpu_qemu_probe_record(binary, virt_type, timeout_ms, NULL, cancel, error);
}

void
virtcpu_qemu_probe_add_host(VirtCpuJson *json, const VirtCpuHost *host)
{
    VirtCpuJson *kvm = virtcpu_json_set(json, "host-kvm", virtcpu_json_new_object());

    virtcpu_json_set_bool(kvm, "usable", host->kvm_usable);
    virtcpu_json_set_string(kvm, "reason", host->kvm_reason);
}
