/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/dbus-drift.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "daemon/dbus-choice.h"
#include "daemon/dbus-options.h"
#include "drivers/qemu/drift-answer.h"

const char *const virtcpu_dbus_drift_options[] = { "definition", "domain",    "machines", "models",
                                                   "qemus",      "virt-type", NULL };

/* From what, and to what. */
typedef struct {
    VirtCpuQemuCaps *caps[2];
    const char *machines[2];
} Sides;

static void
sides_clear(Sides *sides)
{
    virtcpu_qemu_caps_unref(sides->caps[0]);
    virtcpu_qemu_caps_unref(sides->caps[1]);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Sides, sides_clear)

static guint
count(const char **list)
{
    guint number = 0;

    while (list != NULL && list[number] != NULL) {
        number++;
    }
    return number;
}

/* Entry @side of @list; its one entry is for both sides; NULL when it has none. */
static const char *
pick(const char **list, guint side)
{
    return count(list) > 0 ? list[MIN(side, count(list) - 1)] : NULL;
}

/* @own: the machine type of the definition that is asked about, or NULL. */
static gboolean
check_change(const char **machines, const char **qemus, const char *own, GError **error)
{
    const guint machine_count = count(machines) + (own != NULL ? 1 : 0);

    if (count(machines) > 2 || count(qemus) > 2 || (machine_count < 2 && count(qemus) < 2)) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("Options 'machines' and 'qemus' name what is compared: two of one, or "
                            "of both."));
        return FALSE;
    }
    return TRUE;
}

static gboolean
init_sides(Sides *sides, const VirtCpuDbusRequest *request, const VirtCpuDomainDef *def,
           GError **error)
{
    g_autofree const char **machines = virtcpu_dbus_option_texts(request->options, "machines");
    g_autofree const char **qemus = virtcpu_dbus_option_texts(request->options, "qemus");
    const char *own = def != NULL ? def->machine : NULL;
    const char *emulator = def != NULL ? def->emulator : NULL;

    if (!check_change(machines, qemus, own, error)) {
        return FALSE;
    }
    for (guint side = 0; side < 2; side++) {
        const char *name = qemus != NULL ? pick(qemus, side) : emulator;

        sides->machines[side] = pick(machines, side);
        sides->caps[side] = virtcpu_dbus_choose_caps(request, name, error);
        if (sides->caps[side] == NULL) {
            return FALSE;
        }
    }
    if (own != NULL && count(machines) < 2) {
        sides->machines[0] = own;
        sides->machines[1] = count(machines) == 1 ? machines[0] : own;
    }
    return TRUE;
}

VirtCpuJson *
virtcpu_dbus_drift(const VirtCpuDbusRequest *request, GError **error)
{
    g_autofree const char **models = virtcpu_dbus_option_texts(request->options, "models");
    const gboolean has_subject = virtcpu_dbus_option_text(request->options, "definition") != NULL ||
                                 virtcpu_dbus_option_text(request->options, "domain") != NULL;
    g_autoptr(VirtCpuDomainDef) def = NULL;
    g_auto(Sides) sides = { 0 };
    VirtCpuDriftWish wish = { .models = models, .cancel = request->cancel };

    if ((has_subject && (!virtcpu_dbus_check_subject(request, models != NULL, error) ||
                         (def = virtcpu_dbus_choose_subject(request, error)) == NULL)) ||
        !init_sides(&sides, request, def, error)) {
        return NULL;
    }
    wish.def = def;
    wish.before = (VirtCpuDriftPlace){ .caps = sides.caps[0], .machine = sides.machines[0] };
    wish.after = (VirtCpuDriftPlace){ .caps = sides.caps[1], .machine = sides.machines[1] };
    return virtcpu_drift_answer(virtcpu_qemu_cache_matrices(virtcpu_driver_cache(request->driver)),
                                &wish, error);
}
