# visor_program(NAME [LIBS target...] [ALIASES name...])
# One folder of src/cmd/ as the program NAME in bin/, made of its *.cpp, with ALIASES as symbolic links beside it;
# all of them installed. `ninja programs` builds every program and nothing else.
add_custom_target(programs)
function(visor_program name)
    cmake_parse_arguments(PROGRAM "" "" "LIBS;ALIASES" ${ARGN})
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
    list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
    add_executable(${name} ${sources})
    target_link_libraries(${name} PRIVATE visor_flags ${PROGRAM_LIBS})
    add_dependencies(programs ${name})
    install(TARGETS ${name} RUNTIME DESTINATION bin)
    foreach(alias IN LISTS PROGRAM_ALIASES)
        add_custom_command(TARGET ${name} POST_BUILD
                           COMMAND ${CMAKE_COMMAND} -E create_symlink ${name} ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/${alias})
        install(FILES ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/${alias} DESTINATION bin)
    endforeach()
endfunction()
