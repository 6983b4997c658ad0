# What `make install` and the package bring, beside the library of networks: program, manual pages, completion, unit,
# examples, models.
install(TARGETS braggd)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/config/ DESTINATION ${CMAKE_INSTALL_DATADIR}/braggd/config
  PATTERN debian EXCLUDE PATTERN systemd EXCLUDE PATTERN *_test.yml EXCLUDE)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/models/ DESTINATION ${CMAKE_INSTALL_DATADIR}/braggd/models)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)
install(FILES ${PROJECT_SOURCE_DIR}/README.md ${PROJECT_SOURCE_DIR}/CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES cli/completion.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME braggd)
install(FILES ${PROJECT_SOURCE_DIR}/config/debian/sysusers.conf DESTINATION lib/sysusers.d RENAME braggd.conf)

# The unit names the program where it will be.
set(unit_to_install "${PROJECT_SOURCE_DIR}/config/systemd/braggd@.service")
install(CODE "
  file(READ \"${unit_to_install}\" unit)
  string(REPLACE /usr/bin/braggd \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}/braggd\" unit \"\${unit}\")
  set(unit_file \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/lib/systemd/system/braggd@.service\")
  message(STATUS \"Writing: \${unit_file}\")
  file(WRITE \"\${unit_file}\" \"\${unit}\")")

# The program says what its manual is.
install(CODE "
  set(manual \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_MANDIR}/man1\")
  message(STATUS \"Writing: \${manual}/braggd*.1.gz\")
  execute_process(COMMAND sh \"${CMAKE_CURRENT_SOURCE_DIR}/cli/manual.sh\" \"$<TARGET_FILE:braggd>\" \"\${manual}\"
    COMMAND_ERROR_IS_FATAL ANY)
  file(GLOB pages \"\${manual}/braggd*.1\")
  execute_process(COMMAND gzip -9nf \${pages} COMMAND_ERROR_IS_FATAL ANY)")
