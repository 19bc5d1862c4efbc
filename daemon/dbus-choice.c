/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/dbus-choice.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "daemon/dbus-options.h"
#include "drivers/qemu/choice.h"
#include "drivers/qemu/guest-verify.h"

gboolean
virtcpu_dbus_choose_binary(const VirtCpuDbusRequest *request, const char *name, char **path,
                           GError **error)
{
    VirtCpuQemuCache *cache = virtcpu_driver_cache(request->driver);
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

VirtCpuQemuCaps *
virtcpu_dbus_choose_caps(const VirtCpuDbusRequest *request, const char *name, GError **error)
{
    g_auto(VirtCpuQemuChosen) chosen = { 0 };
    g_autofree char *binary = NULL;
    VirtCpuQemuChoice choice = {
        .virt_type = virtcpu_dbus_option_text(request->options, "virt-type"),
    };

    if (!virtcpu_dbus_choose_binary(request, name, &binary, error)) {
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

gboolean
virtcpu_dbus_check_subject(const VirtCpuDbusRequest *request, gboolean another, GError **error)
{
    const gboolean definition = virtcpu_dbus_option_text(request->options, "definition") != NULL;
    const gboolean domain = virtcpu_dbus_option_text(request->options, "domain") != NULL;

    if (definition + domain + (another ? 1 : 0) != 1) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("Give one of the options that say what it is about: 'definition', "
                            "'domain' or another."));
        return FALSE;
    }
    return TRUE;
}

VirtCpuDomainDef *
virtcpu_dbus_choose_subject(const VirtCpuDbusRequest *request, GError **error)
{
    const char *definition = virtcpu_dbus_option_text(request->options, "definition");
    const char *domain = virtcpu_dbus_option_text(request->options, "domain");
    g_autoptr(VirtCpuDomainDef) def = NULL;
    g_autofree char *xml = NULL;
    g_autofree char *path = NULL;

    if (!virtcpu_dbus_check_subject(request, FALSE, error)) {
        return NULL;
    }
    if (domain != NULL) {
        xml = domain_xml(request->driver, domain, error);
        return xml != NULL ? virtcpu_subject_parse(xml, error) : NULL;
    }
    def = virtcpu_subject_parse(definition, error);
    if (def == NULL || (def->emulator != NULL &&
                        !virtcpu_dbus_choose_binary(request, def->emulator, &path, error))) {
        return NULL;
    }
    return g_steal_pointer(&def);
}

gboolean
virtcpu_dbus_choose_form(const VirtCpuDbusRequest *request, VirtCpuCpuForm *form, GError **error)
{
    const char *word = virtcpu_dbus_option_text(request->options, "form");
    const int value = word != NULL ? virtcpu_words_from_string(&virtcpu_cpu_form_words, word)
                                   : VIRTCPU_CPU_FORM_DEFAULT;

    if (value < 0 || (word != NULL && value == VIRTCPU_CPU_FORM_DEFAULT)) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("Option 'form' is 'explicit' or 'named', not '%s'."), word);
        return FALSE;
    }
    *form = (VirtCpuCpuForm)value;
    return TRUE;
}
