import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { findProgram, loadsFromHere, ownEnvironment, programFolders } from '../../src/system/programs.ts';
import type { Surroundings } from '../../src/system/programs.ts';

/** A machine that has these programs, and these links from folder to folder. */
function machine(
  given: Partial<Surroundings>,
  programs: string[],
  links: Record<string, string> = {},
): Surroundings {
  return {
    env: {},
    platform: 'linux',
    cwd: '/work/clone',
    home: '/home/me',
    node: '/usr/bin/node',
    isProgram: (file) => programs.includes(file),
    real: (folder) => links[folder] ?? folder,
    ...given,
  };
}

/** A Windows machine, where names are the same in capitals. */
const windows = (env: NodeJS.ProcessEnv, programs: string[]): Surroundings => ({
  ...machine({ platform: 'win32', env, cwd: 'C:\\work\\clone', home: 'C:\\Users\\me' }, []),
  node: 'C:\\Program Files\\nodejs\\node.exe',
  isProgram: (file) => programs.some((one) => one.toLowerCase() === file.toLowerCase()),
});

describe('programs are found', () => {
  it('in absolute entries of PATH only, in their order', () => {
    const PATH = [':', '.', '', 'bin', './tools', '../up', '~/bin', '/usr/local/bin', '/usr/bin'].join(':');
    const there = machine({ env: { PATH } }, ['python3', './python3', 'bin/python3', '/usr/bin/python3']);
    expect(programFolders(there)).toEqual(['/usr/local/bin', '/usr/bin']);
    expect(findProgram('python3', there)).toBe('/usr/bin/python3');
    expect(findProgram('g++', there)).toBeNull();
    expect(findProgram('./python3', there)).toBeNull();
    expect(findProgram('bin/python3', there)).toBeNull();
    expect(findProgram('', there)).toBeNull();
    // named in full it is the user's own choice
    expect(findProgram('/work/clone/python3', there)).toBe('/work/clone/python3');
  });

  it('not in the current folder, what is in it, or what a project has installed', () => {
    const PATH = [
      ...['/work/clone', '/work/clone/bin', '/work/node_modules/.bin', '/links/bin', '/work/clone-2/bin'],
      '/usr/bin',
    ].join(':');
    const links = { '/links/bin': '/work/clone/hidden' };
    expect(programFolders(machine({ env: { PATH } }, [], links))).toEqual(['/work/clone-2/bin', '/usr/bin']);
  });

  it('but in a virtual environment that the user activated, and where the folder can be no repository', () => {
    const venv = '/work/clone/.venv';
    const PATH = `${venv}/bin:/work/clone/bin:/home/me/.local/bin:/usr/bin`;
    const activated = machine({ env: { PATH, VIRTUAL_ENV: venv } }, []);
    expect(programFolders(activated)).toEqual([`${venv}/bin`, '/home/me/.local/bin', '/usr/bin']);
    for (const cwd of ['/home/me', '/', '/usr', null])
      expect(programFolders(machine({ env: { PATH }, cwd }, []))).toContain('/home/me/.local/bin');
    expect(programFolders(machine({ env: { PATH }, cwd: '/usr' }, []))).toContain('/usr/bin');
  });

  it('where the system would look, if there is no PATH', () => {
    expect(findProgram('ps', machine({}, ['/bin/ps', 'ps', '/work/clone/ps']))).toBe('/bin/ps');
    expect(findProgram('ps', machine({ env: { PATH: '' } }, ['ps', '/work/clone/ps']))).toBeNull();
  });

  describe('on Windows, which looks in the current folder first', () => {
    const programs = ['python3.exe', 'C:\\work\\clone\\python3.exe', 'C:\\Python\\python3.exe'];

    it('not there, whatever PATH is called', () => {
      for (const name of ['PATH', 'Path'])
        expect(findProgram('python3', windows({ [name]: '.;;C:\\Python' }, programs))).toBe(
          'C:\\Python\\python3.EXE',
        );
      expect(findProgram('python3', windows({ Path: '.;' }, programs))).toBeNull();
      expect(findProgram('C:python3.exe', windows({ Path: '' }, programs))).toBeNull();
    });

    it('not in entries that are relative to a drive, nor in the folder written otherwise', () => {
      const Path = '\\tools;D:tools;c:\\WORK\\Clone\\bin;C:/work/clone;"C:\\Program Files\\x";\\\\srv\\share';
      expect(programFolders(windows({ Path }, []))).toEqual(['C:\\Program Files\\x', '\\\\srv\\share']);
    });

    it('by the endings of PATHEXT that start without a shell', () => {
      const env = { Path: 'C:\\a;C:\\b', PATHEXT: '.BAT;.EXE;.CMD' };
      expect(findProgram('g++', windows(env, ['C:\\a\\g++.BAT', 'C:\\b\\g++.EXE']))).toBe('C:\\b\\g++.EXE');
      expect(findProgram('py.exe', windows(env, ['C:\\a\\py.exe']))).toBe('C:\\a\\py.exe');
      expect(findProgram('py', windows({ ...env, PATHEXT: '.PY' }, ['C:\\a\\py.exe']))).toBe('C:\\a\\py.exe');
    });
  });
});

describe('what is started gets an environment', () => {
  it('in which no search path names the current folder', () => {
    const env = { PATH: '.:/usr/bin', LD_LIBRARY_PATH: ':/opt/cuda:lib', PWD: '/work/clone', OTHER: '.' };
    const around = machine({ env }, []);
    expect(loadsFromHere(around)).toBe(true);
    const own = ownEnvironment(around);
    expect(own).toMatchObject({ PATH: '/usr/bin', LD_LIBRARY_PATH: '/opt/cuda', OTHER: '.' });
    expect(own.PWD).not.toBe(env.PWD);
    expect(path.isAbsolute(own.PWD!)).toBe(true);
    expect(loadsFromHere({ ...around, env: own })).toBe(false);
  });

  it('without a search path that is left empty, which would be the current folder', () => {
    const own = ownEnvironment(machine({ env: { PATH: '.', LD_LIBRARY_PATH: '' } }, []));
    expect(own).not.toHaveProperty('PATH');
    expect(own).not.toHaveProperty('LD_LIBRARY_PATH');
    expect(ownEnvironment(windows({ Path: '.;C:\\b' }, []))).toMatchObject({ Path: 'C:\\b' });
  });

  it('and what was in order stays', () => {
    const env = { PATH: '/usr/bin:/bin', LD_LIBRARY_PATH: '/opt/cuda' };
    expect(ownEnvironment(machine({ env }, []))).toEqual(env);
    expect(loadsFromHere(machine({ env }, []))).toBe(false);
  });
});
