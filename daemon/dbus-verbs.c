/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/dbus-verbs.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "daemon/dbus-choice.h"
#include "daemon/dbus-drift.h"
#include "daemon/dbus-options.h"
#include "drivers/qemu/driver-arrival.h"
#include "drivers/qemu/dump-answer.h"
#include "drivers/qemu/explain-answer.h"
#include "drivers/qemu/guest-verify.h"
#include "drivers/qemu/matrix-answer.h"
#include "drivers/qemu/probe.h"

#define RUN_QEMU     "org.virtcpu.daemon1.run-qemu"
#define CHANGE_CACHE "org.virtcpu.daemon1.change-cache"

#define MAX_STARS 4

/* The QEMU in option "qemu", as virtcpu_dbus_choose_binary. */
static gboolean
choose_binary(const VirtCpuDbusRequest *request, char **path, GError **error)
{
    return virtcpu_dbus_choose_binary(request, virtcpu_dbus_option_text(request->options, "qemu"),
                                      path, error);
}

static VirtCpuQemuCaps *
choose_caps(const VirtCpuDbusRequest *request, GError **error)
{
    return virtcpu_dbus_choose_caps(request, virtcpu_dbus_option_text(request->options, "qemu"),
                                    error);
}

static VirtCpuJson *
probe(const VirtCpuDbusRequest *request, GError **error)
{
    g_autoptr(VirtCpuQemuCaps) caps = choose_caps(request, error);
    VirtCpuJson *json;

    if (caps == NULL) {
        return NULL;
    }
    json = virtcpu_qemu_caps_to_json(caps);
    virtcpu_qemu_probe_add_host(json, virtcpu_driver_host(request->driver));
    return json;
}

/* Each star multiplies what a pattern that matches nothing costs. */
static gboolean
check_pattern(const char *pattern, GError **error)
{
    unsigned stars = 0;

    for (const char *c = pattern; c != NULL && *c != '\0'; c++) {
        stars += *c == '*' ? 1 : 0;
    }
    if (stars > MAX_STARS) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("The pattern of models has more than %d stars."), MAX_STARS);
    }
    return stars <= MAX_STARS;
}

static void
matrix_progress(const char *machine, guint done, guint total, const GError *failure,
                gpointer user_data)
{
    const VirtCpuDbusRequest *request = user_data;

    request->progress(machine, done, total, failure != NULL, request->user_data);
}

static VirtCpuJson *
matrix(const VirtCpuDbusRequest *request, GError **error)
{
    VirtCpuQemuCache *cache = virtcpu_driver_cache(request->driver);
    const char *pattern = virtcpu_dbus_option_text(request->options, "model");
    g_autofree const char **machines = virtcpu_dbus_option_texts(request->options, "machines");
    g_autoptr(VirtCpuQemuCaps) caps = NULL;
    VirtCpuDbusRequest copy = *request;
    const VirtCpuQemuMatrixWish wish = {
        .machines = machines,
        .pattern = pattern,
        .ask = request->trusted &&
               (machines != NULL || virtcpu_dbus_option_is_true(request->options, "fill")),
        .func = matrix_progress,
        .user_data = &copy,
        .cancel = request->cancel,
    };

    if (!check_pattern(pattern, error) || (caps = choose_caps(request, error)) == NULL) {
        return NULL;
    }
    return virtcpu_qemu_matrix_answer(virtcpu_qemu_cache_matrices(cache), caps, &wish, NULL, NULL,
                                      error);
}

static VirtCpuJson *
verify(const VirtCpuDbusRequest *request, GError **error)
{
    g_autoptr(VirtCpuDomainDef) def = virtcpu_dbus_choose_subject(request, error);
    g_auto(VirtCpuGuestVerdict) verdict = { 0 };
    g_autofree char *binary = NULL;
    VirtCpuGuestChoice choice = {
        .machine = virtcpu_dbus_option_text(request->options, "machine"),
        .virt_type = virtcpu_dbus_option_text(request->options, "virt-type"),
        .cancel = request->cancel,
    };

    if (def == NULL || !virtcpu_dbus_choose_form(request, &choice.form, error) ||
        !choose_binary(request, &binary, error)) {
        return NULL;
    }
    choice.binary = binary;
    return virtcpu_guest_verify(def, &choice, &verdict, error)
               ? virtcpu_guest_verdict_to_json(&verdict)
               : NULL;
}

/* The CPU of the model, definition or domain in the options into @question, which borrows from
 * them, from @def and from @binary. */
static gboolean
make_question(const VirtCpuDbusRequest *request, VirtCpuGuestQuestion *question,
              VirtCpuDomainDef **def, char **binary, GError **error)
{
    const char *model = virtcpu_dbus_option_text(request->options, "model");

    if (!virtcpu_dbus_check_subject(request, model != NULL, error) ||
        !choose_binary(request, binary, error) ||
        (model == NULL && (*def = virtcpu_dbus_choose_subject(request, error)) == NULL)) {
        return FALSE;
    }
    *question = (VirtCpuGuestQuestion){
        .model = model,
        .def = *def,
        .choice = {
            .binary = *binary,
            .machine = virtcpu_dbus_option_text(request->options, "machine"),
            .virt_type = virtcpu_dbus_option_text(request->options, "virt-type"),
            .cancel = request->cancel,
        },
    };
    return TRUE;
}

static VirtCpuJson *
dump(const VirtCpuDbusRequest *request, GError **error)
{
    g_autoptr(VirtCpuDomainDef) def = NULL;
    g_autofree char *binary = NULL;
    VirtCpuGuestQuestion question = { 0 };

    return make_question(request, &question, &def, &binary, error)
               ? virtcpu_dump_answer(
                     virtcpu_driver_host(request->driver), virtcpu_driver_cache(request->driver),
                     &question, virtcpu_dbus_option_is_true(request->options, "self-test"), error)
               : NULL;
}

static VirtCpuJson *
explain(const VirtCpuDbusRequest *request, GError **error)
{
    g_autoptr(VirtCpuDomainDef) def = NULL;
    g_autofree char *binary = NULL;
    VirtCpuGuestQuestion question = { 0 };

    return make_question(request, &question, &def, &binary, error)
               ? virtcpu_explain_answer(virtcpu_driver_host(request->driver),
                                        virtcpu_driver_cache(request->driver), &question, error)
               : NULL;
}

/* The passport in option "passport", else of @def (transfer full). */
static VirtCpuPassport *
choose_passport(const VirtCpuDbusRequest *request, const VirtCpuDomainDef *def, GError **error)
{
    const char *text = virtcpu_dbus_option_text(request->options, "passport");

    return text != NULL ? virtcpu_passport_parse(text, error)
                        : virtcpu_driver_passport(request->driver, def, error);
}

static VirtCpuJson *
migrate_check(const VirtCpuDbusRequest *request, GError **error)
{
    g_autoptr(VirtCpuDomainDef) def = NULL;
    g_autoptr(VirtCpuPassport) passport = NULL;
    g_auto(VirtCpuArrival) arrival = { 0 };
    g_autofree char *text = NULL;
    VirtCpuJson *answer;

    if (!virtcpu_dbus_check_subject(request, FALSE, error) ||
        (def = virtcpu_dbus_choose_subject(request, error)) == NULL ||
        (passport = choose_passport(request, def, error)) == NULL ||
        !virtcpu_arrival_judge(request->driver, def, passport, &arrival, error)) {
        return NULL;
    }
    answer = virtcpu_arrival_to_json(&arrival);
    text = virtcpu_passport_to_xml(passport);
    virtcpu_json_set_string(answer, "passport", text);
    return answer;
}

static VirtCpuJson *
list_cache(const VirtCpuDbusRequest *request, GError **error)
{
    return virtcpu_qemu_cache_list_to_json(virtcpu_driver_cache(request->driver),
                                           virtcpu_dbus_option_is_true(request->options, "check"));
}

static VirtCpuJson *
drop_cache(const VirtCpuDbusRequest *request, GError **error)
{
    VirtCpuQemuCache *cache = virtcpu_driver_cache(request->driver);
    g_autofree char *binary = NULL;
    VirtCpuJson *json;
    guint count = 0;

    if (!choose_binary(request, &binary, error)) {
        return NULL;
    }
    if (binary == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("Option 'qemu' is missing."));
        return NULL;
    }
    if (!virtcpu_qemu_cache_drop(cache, binary, &count, error)) {
        return NULL;
    }
    json = virtcpu_json_new_object();
    virtcpu_json_set_string(json, "qemu", binary);
    virtcpu_json_set_int(json, "dropped", count);
    return json;
}

static const char *const cache_options[] = { "check", NULL };
static const char *const dump_options[] = { "definition", "domain",    "machine",   "model",
                                            "qemu",       "self-test", "virt-type", NULL };
static const char *const explain_options[] = { "definition", "domain",    "machine",
                                               "qemu",       "virt-type", NULL };
static const char *const probe_options[] = { "qemu", "virt-type", NULL };
static const char *const matrix_options[] = {
    "fill", "machines", "model", "qemu", "virt-type", NULL
};
static const char *const migrate_check_options[] = { "definition", "domain", "passport", NULL };
static const char *const verify_options[] = { "definition", "domain",    "form", "machine",
                                              "qemu",       "virt-type", NULL };
static const char *const drop_options[] = { "qemu", NULL };

static const VirtCpuDbusVerb verbs[] = {
    { "Cache", cache_options, NULL, NULL, list_cache },
    { "DropCache", drop_options, CHANGE_CACHE, NULL, drop_cache },
    { "Dump", dump_options, RUN_QEMU, NULL, dump },
    { "Drift", virtcpu_dbus_drift_options, NULL, NULL, virtcpu_dbus_drift },
    { "Explain", explain_options, RUN_QEMU, NULL, explain },
    { "Matrix", matrix_options, RUN_QEMU, "fill", matrix },
    { "MigrateCheck", migrate_check_options, RUN_QEMU, NULL, migrate_check },
    { "Probe", probe_options, NULL, NULL, probe },
    { "Verify", verify_options, RUN_QEMU, NULL, verify },
};

const VirtCpuDbusVerb *
virtcpu_dbus_verb_find(const char *method)
{
    for (gsize i = 0; i < G_N_ELEMENTS(verbs); i++) {
        if (g_str_equal(verbs[i].method, method)) {
            return &verbs[i];
        }
    }
    return NULL;
}
