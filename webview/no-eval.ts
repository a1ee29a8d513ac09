import * as z from 'zod';

// Imported before any schema is made: a validator made of source text is what the content security policy refuses.
z.config({ jitless: true });
