# SPDX-License-Identifier: Apache-2.0
#
# One file for Emend's own plugins and, installed, for everyone's:
#
#     find_package(emend 0.1 CONFIG REQUIRED)
#     include(CTest)
#     emend_add_plugin(my_reward TESTS tests/test_my_reward.c)
#
# emend_add_plugin(NAME [SOURCES a.c ...] [LIBRARIES lib ...] [HELPERS target-or-file ...]
#                  [TESTS test_a.c ...] [PACKAGE folder])
#
# Builds the plugin in the current folder: NAME.so from SOURCES (default: every .c, .cc and .cpp here),
# with the generated code of config.proto where there is one, beside its plugin.textproto, config.desc,
# golden.textproto and golden/, in <build>/plugins/<id>, which is a package that `emend --plugin-path`
# takes. The id is the manifest's. Links nothing of Emend; exports one symbol.
#
#   HELPERS  built targets and files, copied into the package, where the plugin finds them by the
#            folder that its `open` is told
#   TESTS    Check programs, each of one file and the plugin's objects: it reaches the plugin by
#            emend_plugin_entry, and includes config.pb-c.h. Each is a test of its name
#   PACKAGE  another folder for the package, which is then not installed
#
# Out of tree, ctest also runs `emend check` on the package. What is installed, and where, is up to
# EMEND_PLUGIN_INSTALL_DIR; EMEND_SANITIZE=address,undefined instruments plugin and tests.
set(EMEND_VERSION_SCRIPT ${CMAKE_CURRENT_LIST_DIR}/plugin.version)
set(EMEND_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
include_guard(GLOBAL) # of the functions: variables are set in every folder that looks for emend

# emend_protobuf_c(TARGET ROOT FILE...): adds the generated C of protos under ROOT to TARGET, built
# without our warnings, and puts their headers on its include path.
function(emend_protobuf_c target root)
    set(out ${CMAKE_CURRENT_BINARY_DIR}/${target}-pb)
    foreach(file ${ARGN})
        string(REGEX REPLACE "\\.proto$" "" stem ${file})
        add_custom_command(OUTPUT ${out}/${stem}.pb-c.c ${out}/${stem}.pb-c.h
            COMMAND ${CMAKE_COMMAND} -E make_directory ${out}
            COMMAND protoc --proto_path=${root} --proto_path=/usr/include --c_out=${out} ${file}
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

# What a plugin and its tests are compiled with. In Emend's own tree that is what the rest of it is.
function(emend_compile_as_plugin target)
    if(TARGET emend_warnings)
        target_link_libraries(${target} PRIVATE emend_sdk emend_warnings)
        return()
    endif()
    target_include_directories(${target} PRIVATE ${EMEND_INCLUDE_DIR})
    target_compile_options(${target} PRIVATE ${EMEND_WARNINGS} -fvisibility=hidden
        $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CXX_COMPILER_ID:GNU>>:-fno-gnu-unique>)
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON
        C_STANDARD 17 C_STANDARD_REQUIRED ON CXX_STANDARD 17 CXX_STANDARD_REQUIRED ON)
    if(EMEND_SANITIZE)
        set(sanitize -fsanitize=${EMEND_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
        target_compile_options(${target} PRIVATE ${sanitize})
        target_link_options(${target} PRIVATE ${sanitize})
    endif()
endfunction()

# emend_add_config(TARGET ID PACKAGE): config.proto as C in TARGET and as config.desc in PACKAGE.
function(emend_add_config target id package)
    if(NOT TARGET PkgConfig::PROTOBUF_C)
        find_package(PkgConfig REQUIRED)
        pkg_check_modules(PROTOBUF_C REQUIRED IMPORTED_TARGET libprotobuf-c>=1.4)
    endif()
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
endfunction()

# emend_add_plugin_test(SOURCE PLUGIN): the program and test that TESTS names.
function(emend_add_plugin_test source plugin)
    if(NOT TARGET PkgConfig::CHECK)
        find_package(PkgConfig REQUIRED)
        pkg_check_modules(CHECK REQUIRED IMPORTED_TARGET check)
    endif()
    cmake_path(GET source STEM name)
    add_executable(${name} ${source} $<TARGET_OBJECTS:${plugin}>)
    emend_compile_as_plugin(${name})
    target_include_directories(${name} PRIVATE
        $<TARGET_PROPERTY:${plugin},INCLUDE_DIRECTORIES>)
    target_link_libraries(${name} PRIVATE $<TARGET_PROPERTY:${plugin},LINK_LIBRARIES>
        PkgConfig::CHECK)
    get_target_property(sources ${plugin} SOURCES)
    if(sources MATCHES "\\.(cc|cpp)(;|$)")
        set_target_properties(${name} PROPERTIES LINKER_LANGUAGE CXX)
    endif()
    add_dependencies(${name} ${plugin})
    add_test(NAME ${name} COMMAND ${name})
endfunction()

function(emend_add_plugin name)
    cmake_parse_arguments(PLUGIN "" "PACKAGE" "SOURCES;LIBRARIES;HELPERS;TESTS" ${ARGN})
    set(here ${CMAKE_CURRENT_SOURCE_DIR})
    file(STRINGS ${here}/plugin.textproto id REGEX "^id:")
    string(REGEX REPLACE "^id:[ \t]*[\"']([^\"']*)[\"'].*$" "\\1" id "${id}")
    if(NOT id)
        message(FATAL_ERROR "${here}/plugin.textproto has no line `id: \"...\"`")
    endif()
    if(NOT PLUGIN_SOURCES)
        file(GLOB PLUGIN_SOURCES CONFIGURE_DEPENDS ${here}/*.c ${here}/*.cc ${here}/*.cpp)
    endif()
    string(REPLACE "." "_" target plugin_${id})
    set(package ${CMAKE_BINARY_DIR}/plugins/${id})
    if(PLUGIN_PACKAGE)
        set(package ${PLUGIN_PACKAGE})
    endif()

    add_library(${target} MODULE ${PLUGIN_SOURCES})
    set_target_properties(${target} PROPERTIES
        PREFIX "" OUTPUT_NAME ${name} LIBRARY_OUTPUT_DIRECTORY ${package}
        BUILD_WITH_INSTALL_RPATH ON INSTALL_RPATH "$ORIGIN" LINK_DEPENDS ${EMEND_VERSION_SCRIPT})
    target_include_directories(${target} PRIVATE ${here})
    emend_compile_as_plugin(${target})
    target_link_libraries(${target} PRIVATE ${PLUGIN_LIBRARIES})
    target_link_options(${target} PRIVATE
        LINKER:--version-script=${EMEND_VERSION_SCRIPT} LINKER:-z,now LINKER:--build-id)
    if(NOT EMEND_SANITIZE)
        target_link_options(${target} PRIVATE LINKER:-z,defs)
    endif()

    if(PLUGIN_HELPERS)
        emend_copy_helpers(${target} ${package} ${PLUGIN_HELPERS})
    endif()
    # What the component must do, by example, and the files that the examples name: for `emend check`.
    file(GLOB golden CONFIGURE_DEPENDS RELATIVE ${here} golden.textproto golden/*)
    foreach(file plugin.textproto ${golden})
        configure_file(${file} ${package}/${file} COPYONLY)
    endforeach()
    if(EXISTS ${here}/config.proto)
        emend_add_config(${target} ${id} ${package})
    endif()
    foreach(source ${PLUGIN_TESTS})
        emend_add_plugin_test(${source} ${target})
    endforeach()
    if(EMEND_PROGRAM)
        add_test(NAME ${name}.check COMMAND ${EMEND_PROGRAM} check ${package})
    endif()
    if(NOT PLUGIN_PACKAGE)
        install(TARGETS ${target} LIBRARY DESTINATION ${EMEND_PLUGIN_INSTALL_DIR}/${id})
        install(DIRECTORY ${package} DESTINATION ${EMEND_PLUGIN_INSTALL_DIR}
            USE_SOURCE_PERMISSIONS PATTERN ${name}.so EXCLUDE)
    endif()
endfunction()
