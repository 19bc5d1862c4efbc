/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Capabilities, CPU models, comparison and baseline. */
#include "daemon/handler.h"

/* virConnectGetDomainCapabilitiesFlags, virConnectCompareCPUFlags and virConnectBaselineCPUFlags.
 */
#define DOMAINCAPS_DISABLE_DEPRECATED 1u
#define COMPARE_FAIL_INCOMPATIBLE     1u
#define COMPARE_VALIDATE_XML          2u
#define BASELINE_EXPAND_FEATURES      1u
#define BASELINE_MIGRATABLE           2u

gboolean
virtcpu_handle_connect_get_capabilities(VirtCpuConnection *conn, rpc_text_ret *ret, GError **error)
{
    return virtcpu_handler_take_text(virtcpu_driver_capabilities(conn->driver, error), &ret->text);
}

gboolean
virtcpu_peek_connect_get_capabilities(VirtCpuConnection *conn, rpc_text_ret *ret)
{
    return virtcpu_handler_take_text(virtcpu_driver_capabilities_peek(conn->driver), &ret->text);
}

gboolean
virtcpu_handle_connect_get_max_vcpus(VirtCpuConnection *conn, const rpc_opt_text_args *args,
                                     rpc_int_ret *ret, GError **error)
{
    ret->value = virtcpu_driver_max_vcpus(conn->driver, virtcpu_handler_text(args->text), error);
    return ret->value >= 0;
}

/* Which QEMU @args mean; borrows from them. */
static VirtCpuQemuChoice
caps_choice(const rpc_domain_caps_args *args)
{
    return (VirtCpuQemuChoice){
        .emulator = virtcpu_handler_text(args->emulator),
        .arch = virtcpu_handler_text(args->arch),
        .machine = virtcpu_handler_text(args->machine),
        .virt_type = virtcpu_handler_text(args->virt_type),
    };
}

gboolean
virtcpu_handle_connect_get_domain_capabilities(VirtCpuConnection *conn,
                                               const rpc_domain_caps_args *args, rpc_text_ret *ret,
                                               GError **error)
{
    const VirtCpuQemuChoice choice = caps_choice(args);

    return virtcpu_handler_check_flags(args->flags, DOMAINCAPS_DISABLE_DEPRECATED,
                                       "virConnectGetDomainCapabilities", error) &&
           virtcpu_handler_take_text(
               virtcpu_driver_domain_capabilities(conn->driver, &choice, args->flags, error),
               &ret->text);
}

gboolean
virtcpu_peek_connect_get_domain_capabilities(VirtCpuConnection *conn,
                                             const rpc_domain_caps_args *args, rpc_text_ret *ret)
{
    const VirtCpuQemuChoice choice = caps_choice(args);

    return args->flags == 0 &&
           virtcpu_handler_take_text(virtcpu_driver_domain_capabilities_peek(conn->driver, &choice),
                                     &ret->text);
}

gboolean
virtcpu_handle_connect_get_cpu_model_names(VirtCpuConnection *conn, const rpc_cpu_models_args *args,
                                           rpc_cpu_models_ret *ret, GError **error)
{
    const VirtCpuArch arch = virtcpu_arch_from_string(args->arch);
    g_autofree const char **names = NULL;
    unsigned count = 0;

    if (!virtcpu_handler_check_flags(args->flags, 0, "virConnectGetCPUModelNames", error)) {
        return FALSE;
    }
    if (arch == VIRTCPU_ARCH_NONE) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("cannot find architecture %s"),
                          args->arch);
        return FALSE;
    }
    names = virtcpu_cpu_model_names(arch, error);
    if (names == NULL) {
        return FALSE;
    }
    while (names[count] != NULL && count < RPC_CPU_MODELS_MAX) {
        count++;
    }
    ret->count = (int)count;
    if (args->need_results) {
        ret->models.models_val = g_new0(rpc_text, count);
        ret->models.models_len = count;
        for (unsigned i = 0; i < count; i++) {
            ret->models.models_val[i] = g_strdup(names[i]);
        }
    }
    return TRUE;
}

/* The protocol has no number for a comparison that only QEMU can make. */
static gboolean
take_result(VirtCpuCompareResult result, rpc_int_ret *ret, GError **error)
{
    if (result == VIRTCPU_COMPARE_DELEGATED) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_UNSUPPORTED,
                          _("Only QEMU can compare CPUs of this architecture; ask for a hypervisor "
                            "comparison."));
        return FALSE;
    }
    ret->value = (int)result;
    return result != VIRTCPU_COMPARE_ERROR;
}

gboolean
virtcpu_handle_connect_compare_cpu(VirtCpuConnection *conn, const rpc_text_flags_args *args,
                                   rpc_int_ret *ret, GError **error)
{
    return virtcpu_handler_check_flags(args->flags,
                                       COMPARE_FAIL_INCOMPATIBLE | COMPARE_VALIDATE_XML,
                                       "virConnectCompareCPU", error) &&
           take_result(virtcpu_driver_compare_cpu(conn->driver, args->text,
                                                  (args->flags & COMPARE_FAIL_INCOMPATIBLE) != 0,
                                                  (args->flags & COMPARE_VALIDATE_XML) != 0, error),
                       ret, error);
}

gboolean
virtcpu_handle_connect_compare_hypervisor_cpu(VirtCpuConnection *conn,
                                              const rpc_hv_compare_args *args, rpc_int_ret *ret,
                                              GError **error)
{
    const VirtCpuQemuChoice choice = {
        .emulator = virtcpu_handler_text(args->emulator),
        .arch = virtcpu_handler_text(args->arch),
        .machine = virtcpu_handler_text(args->machine),
        .virt_type = virtcpu_handler_text(args->virt_type),
    };

    return virtcpu_handler_check_flags(args->flags,
                                       COMPARE_FAIL_INCOMPATIBLE | COMPARE_VALIDATE_XML,
                                       "virConnectCompareHypervisorCPU", error) &&
           take_result(virtcpu_driver_compare_hypervisor_cpu(
                           conn->driver, &choice, args->xml,
                           (args->flags & COMPARE_FAIL_INCOMPATIBLE) != 0,
                           (args->flags & COMPARE_VALIDATE_XML) != 0, error),
                       ret, error);
}

/* The driver's NULL-terminated form of @count texts that stay the caller's (container transfer). */
static char **
borrow_texts(rpc_text *texts, unsigned count)
{
    char **out = g_new0(char *, count + 1);

    for (unsigned i = 0; i < count; i++) {
        out[i] = texts[i];
    }
    return out;
}

gboolean
virtcpu_handle_connect_baseline_cpu(VirtCpuConnection *conn, const rpc_baseline_args *args,
                                    rpc_text_ret *ret, GError **error)
{
    g_autofree char **xmls = borrow_texts(args->xmls.xmls_val, args->xmls.xmls_len);

    return virtcpu_handler_check_flags(args->flags, BASELINE_EXPAND_FEATURES | BASELINE_MIGRATABLE,
                                       "virConnectBaselineCPU", error) &&
           virtcpu_handler_take_text(
               virtcpu_driver_baseline_cpu(conn->driver, xmls,
                                           (args->flags & BASELINE_EXPAND_FEATURES) != 0,
                                           (args->flags & BASELINE_MIGRATABLE) != 0, error),
               &ret->text);
}

gboolean
virtcpu_handle_connect_baseline_hypervisor_cpu(VirtCpuConnection *conn,
                                               const rpc_hv_baseline_args *args, rpc_text_ret *ret,
                                               GError **error)
{
    const VirtCpuQemuChoice choice = {
        .emulator = virtcpu_handler_text(args->emulator),
        .arch = virtcpu_handler_text(args->arch),
        .machine = virtcpu_handler_text(args->machine),
        .virt_type = virtcpu_handler_text(args->virt_type),
    };
    g_autofree char **xmls = borrow_texts(args->xmls.xmls_val, args->xmls.xmls_len);

    return virtcpu_handler_check_flags(args->flags, BASELINE_EXPAND_FEATURES | BASELINE_MIGRATABLE,
                                       "virConnectBaselineHypervisorCPU", error) &&
           virtcpu_handler_take_text(virtcpu_driver_baseline_hypervisor_cpu(
                                         conn->driver, &choice, xmls,
                                         (args->flags & BASELINE_EXPAND_FEATURES) != 0,
                                         (args->flags & BASELINE_MIGRATABLE) != 0, error),
                                     &ret->text);
}
