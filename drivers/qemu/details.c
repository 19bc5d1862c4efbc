/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/details.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/machine-models.h"
#include "drivers/qemu/questions.h"
#include "drivers/qemu/session.h"

#define MACHINE_WITHOUT_IRQCHIP VIRTCPU_QEMU_NO_MACHINE ",kernel-irqchip=%s"

/* The two ways to expand a model, under the names that the answers get. */
static const char *const kinds[] = { "static", "full" };

/* What all questions share. */
typedef struct {
    const VirtCpuQemuCaps *caps;
    unsigned timeout_ms;
    GString *record; /* or NULL */
    GCancellable *cancel;
} Request;

static VirtCpuQemuSession *
start(const Request *request, const char *machine, GError **error)
{
    return virtcpu_qemu_session_new(request->caps->binary, request->caps->virt_type, machine,
                                    request->timeout_ms, request->cancel, error);
}

/* One object for each model. */
static VirtCpuJson *
make_models(const VirtCpuQemuCaps *caps, VirtCpuQmpCall *calls)
{
    VirtCpuJson *list = virtcpu_json_new_array();

    for (guint i = 0; i < caps->models->len; i++) {
        const VirtCpuHvModel *model = g_ptr_array_index(caps->models, i);
        VirtCpuJson *entry = virtcpu_json_append(list, virtcpu_json_new_object());

        virtcpu_json_set_string(entry, "name", model->name);
        for (gsize kind = 0; kind < G_N_ELEMENTS(kinds); kind++) {
            virtcpu_json_set(
                entry, kinds[kind],
                virtcpu_qemu_machine_models_take(&calls[i * G_N_ELEMENTS(kinds) + kind]));
        }
    }
    return list;
}

/* The greeting was exchanged: in the record this is the same QEMU that was probed. */
static gboolean
ask_recorded(VirtCpuQemuSession *session, VirtCpuQmpCall *calls, gsize count, GString *record,
             GError **error)
{
    virtcpu_qemu_session_record(session, record);
    return virtcpu_qemu_session_ask(session, calls, count, error);
}

/* Expand every model in every way, in one go. */
static VirtCpuJson *
ask_models(const Request *request, GError **error)
{
    const VirtCpuQemuCaps *caps = request->caps;
    const gsize count = caps->models->len * G_N_ELEMENTS(kinds);
    g_autoptr(VirtCpuQemuSession) session = start(request, VIRTCPU_QEMU_NO_MACHINE, error);
    g_autofree VirtCpuQmpCall *calls = g_new0(VirtCpuQmpCall, count);
    g_autoptr(GPtrArray) arguments =
        g_ptr_array_new_with_free_func((GDestroyNotify)virtcpu_json_free);
    GError *reason = NULL;
    VirtCpuJson *models = NULL;

    if (session == NULL) {
        return NULL;
    }
    for (gsize i = 0; i < count; i++) {
        const VirtCpuHvModel *model = g_ptr_array_index(caps->models, i / G_N_ELEMENTS(kinds));
        VirtCpuJson *json =
            virtcpu_qemu_expansion_arguments(kinds[i % G_N_ELEMENTS(kinds)], model->name, NULL);

        g_ptr_array_add(arguments, json);
        calls[i].command = VIRTCPU_QEMU_EXPANSION;
        calls[i].arguments = json;
    }
    if (virtcpu_qemu_session_ask(session, NULL, 0, &reason) &&
        ask_recorded(session, calls, count, request->record, &reason)) {
        models = make_models(caps, calls);
    } else {
        virtcpu_qemu_session_explain(session, reason, error);
    }
    for (gsize i = 0; i < count; i++) {
        virtcpu_qmp_call_clear(&calls[i]);
    }
    return models;
}

/* ---- without the kernel's irqchip ---- */

/* The host's CPU with irqchip @mode. */
static VirtCpuJson *
ask_host(const Request *request, const char *mode, GError **error)
{
    g_autofree char *machine = g_strdup_printf(MACHINE_WITHOUT_IRQCHIP, mode);
    g_autoptr(VirtCpuQemuSession) session = start(request, machine, error);
    g_autoptr(VirtCpuJson) arguments = virtcpu_qemu_expansion_arguments(
        "static", virtcpu_qemu_largest_model(request->caps->virt_type), NULL);
    VirtCpuQmpCall call = { .command = VIRTCPU_QEMU_EXPANSION, .arguments = arguments };
    GError *reason = NULL;
    VirtCpuJson *answer = NULL;

    if (session == NULL) {
        return NULL;
    }
    if (!virtcpu_qemu_session_ask(session, &call, 1, &reason)) {
        virtcpu_qemu_session_explain(session, reason, error);
    } else {
        answer = virtcpu_qemu_machine_models_take(&call);
    }
    virtcpu_qmp_call_clear(&call);
    return answer;
}

/* The properties of @props that are others in @usual (transfer full). */
static VirtCpuJson *
compare(const VirtCpuJson *props, const VirtCpuJson *usual)
{
    VirtCpuJson *others = virtcpu_json_new_object();

    for (gsize i = 0; i < virtcpu_json_size(props); i++) {
        const char *name = virtcpu_json_key_at(props, i);
        const VirtCpuJson *value = virtcpu_json_at(props, i);
        const VirtCpuJson *before = virtcpu_json_get(usual, name);

        if (before == NULL || !virtcpu_json_equal(before, value)) {
            virtcpu_json_set(others, name, virtcpu_json_copy(value));
        }
    }
    return others;
}

/* A QEMU that cannot do without says so instead of the properties. */
static VirtCpuJson *
ask_mode(const Request *request, const char *mode)
{
    const VirtCpuJson *usual = virtcpu_json_get(request->caps->max_model, "props");
    g_autoptr(GError) failure = NULL;
    g_autoptr(VirtCpuJson) host = ask_host(request, mode, &failure);

    if (host == NULL) {
        return virtcpu_json_new_string(failure->message);
    }
    return virtcpu_json_to_string(host) != NULL ? g_steal_pointer(&host)
                                                : compare(virtcpu_json_get(host, "props"), usual);
}

static VirtCpuJson *
ask_irqchip(const Request *request)
{
    static const char *const modes[] = { "off", "split" };
    VirtCpuJson *json = virtcpu_json_new_object();

    for (gsize i = 0; i < G_N_ELEMENTS(modes); i++) {
        virtcpu_json_set(json, modes[i], ask_mode(request, modes[i]));
    }
    return json;
}

VirtCpuJson *
virtcpu_qemu_details_ask(const VirtCpuQemuCaps *caps, unsigned timeout_ms, GString *record,
                         GCancellable *cancel, GError **error)
{
    const Request request = { caps, timeout_ms, record, cancel };
    g_autoptr(VirtCpuJson) json = virtcpu_json_new_object();
    VirtCpuJson *models;

    if (!virtcpu_qemu_machine_models_can_ask(caps)) {
        virtcpu_error_set(error, VIRTCPU_ERR_NO_SUPPORT,
                          _("QEMU binary '%s' cannot say what its CPU models contain"),
                          caps->binary);
        return NULL;
    }
    models = ask_models(&request, error);
    if (models == NULL) {
        return NULL;
    }
    virtcpu_json_set(json, "models", models);
    if (caps->virt_type == VIRTCPU_VIRT_KVM && caps->max_model != NULL) {
        virtcpu_json_set(json, "irqchip", ask_irqchip(&request));
    }
    return g_steal_pointer(&json);
}
