// A box above the table of areas: rows whose text holds all the words stay; the count says how many.
(function(){var table=document.querySelector('main table[data-sort]');if(!table)return;
var box=document.createElement('p');box.className='ek-search';
box.innerHTML='<label>查找名称、数字：<input type="search" autocomplete="off"></label> <span role="status"></span>';
var holder=table.closest('.ek-table');holder.parentNode.insertBefore(box,holder);
var input=box.querySelector('input'),said=box.querySelector('span');
input.addEventListener('input',function(){var words=input.value.trim().toLowerCase().split(/\s+/),n=0;
[].slice.call(table.tBodies[0].rows).forEach(function(row){var text=row.textContent.toLowerCase();
var hit=words.every(function(w){return text.indexOf(w)>=0});row.hidden=!hit;n+=hit});
said.textContent=input.value.trim()?'符合的有'+n+'个':''})})();
