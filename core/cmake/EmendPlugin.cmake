# SPDX-License-Identifier: Apache-2.0
#
# emend_add_plugin(NAME [SOURCES a.c ...] [LIBRARIES lib ...] [HELPERS target-or-file ...]
#                  [PACKAGE folder])
#
# Builds the plugin in the current folder: NAME.so from SOURCES (default: every .c here), with the
# generated code of config.proto where there is one, beside its plugin.textproto and config.desc, in
# <build>/plugins/<id>, which is a package that `emend --plugin-path` takes. The id is the
# manifest's. Links nothing of Emend; exports one symbol. HELPERS, built targets and files, are copied
# into the package, where the plugin finds them by the folder that its `open` is told. PACKAGE is
# another folder for the package, which is then not installed.
include_guard(GLOBAL)
set(EMEND_VERSION_SCRIPT ${CMAKE_CURRENT_LIST_DIR}/plugin.version)

# emend_protobuf_c(TARGET ROOT FILE...): adds the generated C of protos under ROOT to TARGET, built
# without our warnings, and puts their headers on its include path.
function(emend_protobuf_c target root)
    set(out ${CMAKE_CURRENT_BINARY_DIR}/${target}-pb)
    foreach(file ${ARGN})
        string(REGEX REPLACE "\\.proto$" "" stem ${file})
        add_custom_command(OUTPUT ${out}/${stem}.pb-c.c ${out}/${stem}.pb-c.h
            COMMAND ${CMAKE_COMMAND} -E make_directory ${out}
            COMMAND protoc-c --proto_path=${root} --proto_path=/usr/include --c_out=${out} ${file}
            DEPENDS ${root}/${file} VERBATIM)
        target_sources(${target} PRIVATE ${out}/${stem}.pb-c.c)
        set_source_files_properties(${out}/${stem}.pb-c.c PROPERTIES COMPILE_OPTIONS "-w")
    endforeach()
    target_include_directories(${target} SYSTEM PUBLIC ${out})
endfunction()

# emend_copy_helpers(TARGET FOLDER HELPER...): with TARGET, built targets (which have an
# OUTPUT_NAME) and files (absolute paths) lie in FOLDER.
function(emend_copy_helpers target folder)
    set(copies)
    foreach(helper ${ARGN})
        if(TARGET ${helper})
            get_target_property(name ${helper} OUTPUT_NAME)
            get_target_property(type ${helper} TYPE)
            if(type STREQUAL MODULE_LIBRARY)
                string(APPEND name ${CMAKE_SHARED_MODULE_SUFFIX})
            endif()
            set(source $<TARGET_FILE:${helper}>)
        else()
            cmake_path(GET helper FILENAME name)
            set(source ${helper})
        endif()
        set(copy ${folder}/${name})
        add_custom_command(OUTPUT ${copy}
            COMMAND ${CMAKE_COMMAND} -E copy ${source} ${copy} DEPENDS ${helper} VERBATIM)
        list(APPEND copies ${copy})
    endforeach()
    add_custom_target(${target}_helpers ALL DEPENDS ${copies})
    add_dependencies(${target} ${target}_helpers)
endfunction()

function(emend_add_plugin name)
    cmake_parse_arguments(PLUGIN "" "PACKAGE" "SOURCES;LIBRARIES;HELPERS" ${ARGN})
    set(here ${CMAKE_CURRENT_SOURCE_DIR})
    file(STRINGS ${here}/plugin.textproto id REGEX "^id:")
    string(REGEX REPLACE "^id:[ \t]*[\"']([^\"']*)[\"'].*$" "\\1" id "${id}")
    if(NOT id)
        message(FATAL_ERROR "${here}/plugin.textproto has no line `id: \"...\"`")
    endif()
    if(NOT PLUGIN_SOURCES)
        file(GLOB PLUGIN_SOURCES CONFIGURE_DEPENDS ${here}/*.c)
    endif()
    string(REPLACE "." "_" target plugin_${id})
    set(package ${CMAKE_BINARY_DIR}/plugins/${id})
    if(PLUGIN_PACKAGE)
        set(package ${PLUGIN_PACKAGE})
    endif()

    add_library(${target} MODULE ${PLUGIN_SOURCES})
    set_target_properties(${target} PROPERTIES
        PREFIX "" OUTPUT_NAME ${name} LIBRARY_OUTPUT_DIRECTORY ${package}
        LINK_DEPENDS ${EMEND_VERSION_SCRIPT})
    target_include_directories(${target} PRIVATE ${here})
    target_link_libraries(${target} PRIVATE emend_sdk emend_warnings ${PLUGIN_LIBRARIES})
    target_link_options(${target} PRIVATE
        LINKER:--version-script=${EMEND_VERSION_SCRIPT} LINKER:-z,now LINKER:--build-id)
    if(NOT EMEND_SANITIZE)
        target_link_options(${target} PRIVATE LINKER:-z,defs)
    endif()

    if(PLUGIN_HELPERS)
        emend_copy_helpers(${target} ${package} ${PLUGIN_HELPERS})
    endif()
    configure_file(plugin.textproto ${package}/plugin.textproto COPYONLY)
    if(EXISTS ${here}/config.proto)
        set(root ${CMAKE_CURRENT_BINARY_DIR}/proto)
        configure_file(config.proto ${root}/${id}/config.proto COPYONLY)
        emend_protobuf_c(${target} ${root} ${id}/config.proto)
        target_include_directories(${target} SYSTEM PRIVATE
            ${CMAKE_CURRENT_BINARY_DIR}/${target}-pb/${id})
        target_link_libraries(${target} PRIVATE PkgConfig::PROTOBUF_C)
        add_custom_command(OUTPUT ${package}/config.desc
            COMMAND protoc --proto_path=${root} --include_imports --include_source_info
                    --descriptor_set_out=${package}/config.desc ${id}/config.proto
            DEPENDS ${root}/${id}/config.proto VERBATIM)
        add_custom_target(${target}_desc ALL DEPENDS ${package}/config.desc)
        add_dependencies(${target} ${target}_desc)
    endif()
    if(NOT PLUGIN_PACKAGE)
        install(DIRECTORY ${package} DESTINATION ${CMAKE_INSTALL_LIBDIR}/emend/plugins
            USE_SOURCE_PERMISSIONS)
    endif()
endfunction()
