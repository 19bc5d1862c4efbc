/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/dbus-verbs.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "daemon/dbus-options.h"
#include "drivers/qemu/choice.h"
#include "drivers/qemu/guest-verify.h"
#include "drivers/qemu/matrix-answer.h"

#include <string.h>

#define RUN_QEMU     "org.virtcpu.daemon1.run-qemu"
#define CHANGE_CACHE "org.virtcpu.daemon1.change-cache"

#define MAX_STARS 4

/* The absolute path in option "qemu", which may also be the name of an installed QEMU, into @path
 * (transfer full); NULL when the option was not given. */
static gboolean
choose_binary(const VirtCpuDbusRequest *request, char **path, GError **error)
{
    VirtCpuQemuCache *cache = virtcpu_driver_cache(request->driver);
    const char *name = virtcpu_dbus_option_text(request->options, "qemu");
    g_auto(GStrv) installed = name != NULL ? virtcpu_qemu_cache_binaries(cache) : NULL;

    *path = NULL;
    for (gsize i = 0; installed != NULL && installed[i] != NULL; i++) {
        g_autofree char *base = g_path_get_basename(installed[i]);

        if (g_str_equal(installed[i], name) || g_str_equal(base, name)) {
            *path = g_strdup(installed[i]);
            return TRUE;
        }
    }
    if (name != NULL && !g_path_is_absolute(name)) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("'%s' is not installed; name one that is, or give an absolute path."),
                          name);
        return FALSE;
    }
    if (name != NULL && !request->trusted) {
        virtcpu_error_set(error, VIRTCPU_ERR_ACCESS_DENIED,
                          _("'%s' is not in the folders that QEMUs are installed in; only root and "
                            "the daemon's own user may have it run."),
                          name);
        return FALSE;
    }
    *path = g_strdup(name);
    return TRUE;
}

/* What the QEMU that the options mean can do (transfer full). */
static VirtCpuQemuCaps *
choose_caps(const VirtCpuDbusRequest *request, GError **error)
{
    g_auto(VirtCpuQemuChosen) chosen = { 0 };
    g_autofree char *binary = NULL;
    VirtCpuQemuChoice choice = {
        .virt_type = virtcpu_dbus_option_text(request->options, "virt-type"),
    };

    if (!choose_binary(request, &binary, error)) {
        return NULL;
    }
    choice.emulator = binary;
    return virtcpu_qemu_choose(request->driver, &choice, &chosen, error)
               ? virtcpu_qemu_caps_ref(chosen.caps)
               : NULL;
}

/* The definition of domain @name, a name or UUID: that of its QEMU while it runs (transfer full).
 */
static char *
domain_xml(VirtCpuDriver *driver, const char *name, GError **error)
{
    g_autoptr(VirtCpuDomainRef) ref = NULL;
    guint8 uuid[VIRTCPU_UUID_BYTES];

    ref = virtcpu_driver_lookup_name(driver, name, NULL);
    if (ref == NULL && virtcpu_uuid_from_string(name, uuid)) {
        ref = virtcpu_driver_lookup_uuid(driver, uuid, NULL);
    }
    if (ref == NULL) {
        ref = virtcpu_driver_lookup_name(driver, name, error); /* for its words */
    }
    return ref != NULL ? virtcpu_driver_xml(driver, ref->uuid, 0, error) : NULL;
}

/* What the options "definition" and "domain", of which there must be one, are about (transfer
 * full). */
static VirtCpuDomainDef *
choose_subject(const VirtCpuDbusRequest *request, GError **error)
{
    const char *definition = virtcpu_dbus_option_text(request->options, "definition");
    const char *domain = virtcpu_dbus_option_text(request->options, "domain");
    g_autofree char *xml = NULL;

    if ((definition == NULL) == (domain == NULL)) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("Give either option 'definition' or option 'domain'."));
        return NULL;
    }
    if (definition != NULL) {
        return virtcpu_subject_parse(definition, error);
    }
    xml = domain_xml(request->driver, domain, error);
    return xml != NULL ? virtcpu_subject_parse(xml, error) : NULL;
}

static VirtCpuJson *
probe(const VirtCpuDbusRequest *request, GError **error)
{
    g_autoptr(VirtCpuQemuCaps) caps = choose_caps(request, error);

    return caps != NULL ? virtcpu_qemu_caps_to_json(caps) : NULL;
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
    g_autoptr(VirtCpuDomainDef) def = choose_subject(request, error);
    g_auto(VirtCpuGuestVerdict) verdict = { 0 };
    g_autofree char *binary = NULL;
    VirtCpuGuestChoice choice = {
        .machine = virtcpu_dbus_option_text(request->options, "machine"),
        .virt_type = virtcpu_dbus_option_text(request->options, "virt-type"),
        .cancel = request->cancel,
    };

    if (def == NULL || !choose_binary(request, &binary, error)) {
        return NULL;
    }
    choice.binary = binary;
    return virtcpu_guest_verify(def, &choice, &verdict, error)
               ? virtcpu_guest_verdict_to_json(&verdict)
               : NULL;
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

static const char *const probe_options[] = { "qemu", "virt-type", NULL };
static const char *const matrix_options[] = {
    "fill", "machines", "model", "qemu", "virt-type", NULL
};
static const char *const verify_options[] = { "definition", "domain",    "machine",
                                              "qemu",       "virt-type", NULL };
static const char *const drop_options[] = { "qemu", NULL };

static const VirtCpuDbusVerb verbs[] = {
    { "DropCache", drop_options, CHANGE_CACHE, NULL, drop_cache },
    { "Matrix", matrix_options, RUN_QEMU, "fill", matrix },
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
