/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Print the x86 map as lines of cells separated by tabs, for check-map-qemu.py:
 *
 *     feature  NAME  SPELLING…
 *     model    NAME  VENDOR-STRING  FAMILY:MODEL:STEPPING-MASK…  FEATURE…
 *
 * where … is a list separated by spaces. A model's features are those libvirt gives by the name and
 * those it came to know later. */
#include "drivers/cpu/x86-map.h"

static void
print_feature(const X86Feature *feature)
{
    g_print("feature\t%s\t%s", feature->name, feature->name);
    for (gsize i = 0; feature->aliases[i] != NULL; i++) {
        g_print(" %s", feature->aliases[i]);
    }
    g_print("\n");
}

static void
print_signatures(const X86Model *model)
{
    for (gsize i = 0; i < model->n_signatures; i++) {
        const X86Signature *signature = &model->signatures[i];

        g_print("%s%u:%u:%u", i > 0 ? " " : "", signature->family, signature->model,
                signature->steppings);
    }
}

static void
print_model(const X86Model *model)
{
    X86Set all = model->features;
    g_autofree const char **names = NULL;

    x86_set_unite(&all, &model->late);
    names = x86_map_set_names(&all);
    g_print("model\t%s\t%s\t", model->name, model->vendor != NULL ? model->vendor->string : "");
    print_signatures(model);
    g_print("\t");
    for (gsize i = 0; names[i] != NULL; i++) {
        g_print("%s%s", i > 0 ? " " : "", names[i]);
    }
    g_print("\n");
}

int
main(void)
{
    for (gsize i = 0; i < x86_map_n_features(); i++) {
        print_feature(x86_map_feature(i));
    }
    for (gsize i = 0; i < x86_map_n_models(); i++) {
        print_model(x86_map_model(i));
    }
    return 0;
}
