/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A passport's CPU on a command line. */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/cpu-passport.h"
#include "drivers/qemu/vcpu.h"

/* TRUE when feature @info in an MSR is as good as off: the guest has no such MSR. */
static gboolean
is_gated(const VirtCpuData *features, const VirtCpuFeatureInfo *info)
{
    const char *gate =
        info->reg == VIRTCPU_REGISTER_MSR ? virtcpu_vcpu_msr_feature(info->leaf) : NULL;

    return gate != NULL && !virtcpu_cpu_data_has_feature(features, gate);
}

/* TRUE when property @name was asked for in vain, and the guest would now get it. */
static gboolean
is_to_drop(const VirtCpuPassport *passport, const VirtCpuData *provided, const char *name,
           const VirtCpuJson *value)
{
    VirtCpuFeatureInfo info;

    return virtcpu_json_is_true(value) &&
           virtcpu_cpu_feature_from_qemu(passport->arch, name) != NULL &&
           virtcpu_cpu_feature_info(passport->arch, name, &info) &&
           !virtcpu_cpu_data_has_feature(passport->features, info.name) &&
           virtcpu_cpu_data_has_feature(provided, info.name) &&
           !is_gated(passport->features, &info);
}

/* The properties of @passport with those off that are to be dropped (transfer full); NULL when none
 * is. */
static VirtCpuJson *
drop_vain(const VirtCpuPassport *passport, const VirtCpuData *provided)
{
    const VirtCpuJson *props = passport->form->props;
    VirtCpuJson *changed = NULL;

    if (passport->features == NULL || provided == NULL) {
        return NULL;
    }
    for (gsize i = 0; i < virtcpu_json_size(props); i++) {
        const char *name = virtcpu_json_key_at(props, i);

        if (is_to_drop(passport, provided, name, virtcpu_json_at(props, i))) {
            changed = changed != NULL ? changed : virtcpu_json_copy(props);
            virtcpu_json_set_bool(changed, name, FALSE);
        }
    }
    return changed;
}

static gboolean
check_model(const VirtCpuQemuCaps *caps, const char *model, GError **error)
{
    if (virtcpu_qemu_caps_model(caps, model) != NULL) {
        return TRUE;
    }
    virtcpu_error_set(
        error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
        _("QEMU '%s' has no CPU model '%s', which the guest's caches come from: use a "
          "QEMU that has it"),
        caps->binary, model);
    return FALSE;
}

gboolean
virtcpu_passport_write_line(const VirtCpuPassport *passport, VirtCpuExplicitStore *store,
                            VirtCpuQemuCaps *caps, const VirtCpuData *provided,
                            VirtCpuCpuLine *line, GError **error)
{
    const VirtCpuHvModel *model = virtcpu_explicit_bare_model(caps);
    const char *machine = passport->machine;
    g_autoptr(VirtCpuJson) changed = drop_vain(passport, provided);
    g_autoptr(VirtCpuExplicitCpu) bare = NULL;
    g_autoptr(VirtCpuExplicitCpu) named = NULL;
    VirtCpuExplicitInput input = {
        .caps = caps,
        .model = passport->form->version,
        .props = changed != NULL ? changed : passport->form->props,
    };

    if (model != NULL) {
        bare = virtcpu_explicit_store_model(store, caps, machine, model->name, error);
        if (bare == NULL) {
            return FALSE;
        }
        input.bare = bare->props;
    }
    if (model == NULL || virtcpu_explicit_stays_named(input.props)) {
        named = check_model(caps, input.model, error)
                    ? virtcpu_explicit_store_model(store, caps, machine, input.model, error)
                    : NULL;
        if (named == NULL) {
            return FALSE;
        }
        input.named = named->props;
    }
    return virtcpu_explicit_write(&input, line, error);
}
